// The few words of papaparse that src/dataset uses. Its published types reference Node's, which the pure folders must not see,
// so the module is named by its file and declared here.
declare module 'papaparse/papaparse.js' {
  interface ParseError {
    readonly type: string;
    readonly code: string;
    readonly message: string;
    readonly row?: number;
  }
  interface ParseResult {
    readonly data: string[][];
    readonly errors: readonly ParseError[];
  }
  const Papa: {
    parse(
      text: string,
      config: { readonly delimiter: string; readonly newline?: string; readonly skipEmptyLines: boolean },
    ): ParseResult;
  };
  export default Papa;
}
