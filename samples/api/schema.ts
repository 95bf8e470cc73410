/**
 * The smallest Standard Schema: an object whose fields are checked one by one. It stands here because this sample brings no library
 * for it; zod, valibot and arktype have the same interface and do far more.
 */
interface Schema<T> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: "samples";
    readonly validate: (
      value: unknown,
    ) => { readonly value: T } | { readonly issues: { readonly message: string; readonly path: string[] }[] };
    /** For TypeScript alone. */
    readonly types?: { readonly input: T; readonly output: T };
  };
}

/** For each field of a request false when it is as it should be, else what it has to be. */
type Check<T> = (
  request: { readonly [Field in keyof T]?: unknown },
) => Record<keyof T & string, string | false>;

/** @param check says what is wrong. Fields that it does not name are left out. */
export function schema<T extends object>(check: Check<T>): Schema<T> {
  return {
    "~standard": {
      version: 1,
      vendor: "samples",
      validate(value) {
        if (typeof value !== "object" || value === null) {
          return { issues: [{ message: "is no object", path: [] }] };
        }
        const problems = Object.entries<string | false>(check(value));
        const issues = problems.flatMap(([field, message]) =>
          message === false ? [] : [{ message, path: [field] }],
        );
        if (issues.length > 0) return { issues };
        return {
          value: Object.fromEntries(
            problems.map(([field]) => [field, value[field as keyof typeof value]]),
          ) as T,
        };
      },
    },
  };
}
