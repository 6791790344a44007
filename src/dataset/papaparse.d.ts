// The few words of papaparse that src/dataset uses. Its published types reference Node's, which the pure folders must not see,
// so the module is named by its file and declared here.
declare module 'papaparse/papaparse.js' {
  interface ParseError {
    readonly message: string;
    /** index into the records of the same call */
    readonly row?: number;
  }
  interface ParseResult {
    readonly data: string[][];
    readonly errors: readonly ParseError[];
    /** characters up to the end of the last complete record */
    readonly meta: { readonly cursor: number };
  }
  const Papa: {
    /** The core parser, which papaparse's own streams are made of. */
    Parser: {
      new (config: { readonly delimiter: string; readonly newline: string }): {
        parse(text: string, baseIndex: number, ignoreLastRecord: boolean): ParseResult;
      };
    };
  };
  export default Papa;
}
