/** One finding of ValidateStateMachineDefinition, with AWS's codes. */
export interface Diagnostic {
  readonly severity: 'ERROR' | 'WARNING';
  readonly code: string;
  readonly message: string;
  /** JSON pointer into the definition, `/States/Claim/Next`. */
  readonly location?: string;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Collects findings. */
export class Findings {
  readonly list: Diagnostic[] = [];

  schema(location: string, message: string): void {
    this.error('SCHEMA_VALIDATION_FAILED', location, message);
  }

  error(code: string, location: string, message: string): void {
    this.list.push({ severity: 'ERROR', code, message, location });
  }
}
