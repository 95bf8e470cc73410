/** What draws prompts and spinners in a terminal: an ES module, which is loaded only where somebody is at one. */
export const loadClack = () => import("@clack/prompts");

export type Clack = Awaited<ReturnType<typeof loadClack>>;
