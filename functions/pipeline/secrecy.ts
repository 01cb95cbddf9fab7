import { dataWithoutSecrets, errorWithoutSecrets } from '#src/known-secrets.ts';

/** The last of the layers, so that it is the first to see what a step gave or threw: what is logged, recorded and answered after it has no secret. */
export const secrecy = {
  after: (request: { response: unknown }): void => {
    request.response = dataWithoutSecrets(request.response);
  },
  onError: (request: { error: unknown }): void => {
    request.error = errorWithoutSecrets(request.error);
  },
};
