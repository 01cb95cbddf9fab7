/** The service as a client sees it. */
export interface ProbeAnswer {
  readonly status: number;
  readonly ms: number;
  readonly region: string | null;
  readonly body: unknown;
}

export interface ServiceProbe {
  /**
   * GET `${base}${path}`; `host` sets the Host header. Throws UnreachableError (refused, reset, no answer in `timeoutMs`, default 1,000);
   * an HTTP error status is an answer, not an error.
   */
  read(base: string, path: string, options?: { host?: string; timeoutMs?: number }): Promise<ProbeAnswer>;
  /** POST JSON. Same errors. The path must be idempotent by the id in the body. */
  write(
    base: string,
    path: string,
    body: unknown,
    options?: { host?: string; timeoutMs?: number },
  ): Promise<ProbeAnswer>;
}
