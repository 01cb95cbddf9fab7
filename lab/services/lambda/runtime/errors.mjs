/**
 * Errors as the managed Node.js runtime reports them: `{ errorType, errorMessage, trace }`.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */

/** @param {unknown} error */
export const toReport = (error) => {
  if (error instanceof Error || (typeof error === 'object' && error !== null && 'name' in error && 'stack' in error)) {
    const { name, message, stack } = /** @type {Error} */ (error);
    return { errorType: String(name), errorMessage: String(message), trace: String(stack).split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
};

/** An error of the runtime itself: its `name` is what the caller sees as errorType. */
export const runtimeError = (name, message) => {
  const error = new Error(message);
  error.name = name;
  return error;
};
