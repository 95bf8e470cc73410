/** The samples' shop as `ActorApp` deploys it, end to end: the suite that runs at all stand-ins, here with Lambda and real rules. */
import { appOfEnvironment } from "../conformance/app-under-test";
import { shopSuite } from "../conformance/shop-suite";
import { DeployedApp } from "./deployed-app";
import { describeDeployed, useEndpoint } from "./session";

describeDeployed("the shop, deployed by the CDK", () => {
  shopSuite(
    async () => {
      const leaveEndpoint = useEndpoint();
      const deployed = await DeployedApp.deploy("samples/shop/actors.ts");
      Object.assign(process.env, deployed.variables);
      const app = appOfEnvironment();
      return {
        ...app,
        async close() {
          await app.close();
          await deployed.remove();
          leaveEndpoint();
        },
      };
    },
    { hasEvents: true },
  );
});
