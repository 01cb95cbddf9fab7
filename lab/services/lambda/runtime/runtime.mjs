/**
 * The Node.js runtime of one function instance. Started by `environment.ts` with one argument, a JSON object
 * `{ handler, taskRoot, network }`; talks over IPC:
 *   to the parent:   { type: 'ready', initMs } | { type: 'logging' } | { type: 'initError', error } | { type: 'result', id, payload, rssMb } | { type: 'error', id, error, rssMb }
 *   from the parent: { type: 'invoke', id, payload, deadline, arn } | { type: 'log', path }
 * Plain JavaScript: no type stripping on the path of a cold start.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { createRequire, flushCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { patchConsole } from './console.mjs';
import { runtimeError, toReport } from './errors.mjs';
import { joinNetwork } from './network.mjs';

const started = performance.now();
const { handler: handlerName, taskRoot, network } = JSON.parse(process.argv[2]);
process.argv.splice(2);
const send = process.send.bind(process);
process.send = undefined;
process.on('disconnect', () => process.exit(0));

let requestId;
patchConsole(() => requestId ?? 'undefined');
joinNetwork(network);

const rssMb = () => Math.ceil(process.resourceUsage().maxRSS / 1024);

/** Reports to whoever waits, an invocation or the initialisation, and leaves. */
const die = (label, error, exitCode) => {
  const report = toReport(error);
  console.error(`${label}\t${JSON.stringify(report)}`);
  const message =
    requestId === undefined
      ? { type: 'initError', error: report }
      : { type: 'error', id: requestId, error: report, rssMb: rssMb() };
  send(message, () => process.exit(exitCode));
};
process.on('uncaughtException', (error) => die('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason) =>
  die('Unhandled Promise Rejection', runtimeError('Runtime.UnhandledPromiseRejection', String(reason)), 128),
);

const NOT_FOUND = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND']);

const importModule = async (path) => {
  const file = ['.js', '.mjs', '.cjs']
    .map((extension) => `${path}${extension}`)
    .find((candidate) => existsSync(candidate));
  if (file === undefined) {
    throw runtimeError(
      'Runtime.ImportModuleError',
      `Error: Cannot find module '${handlerName.slice(0, handlerName.lastIndexOf('.'))}'`,
    );
  }
  try {
    return file.endsWith('.cjs') ? createRequire(file)(file) : await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw runtimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    if (NOT_FOUND.has(error?.code)) throw runtimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
    throw error;
  }
};

/** `folder/file.name.of.export`: the first dot after the last slash ends the file. */
const loadHandler = async () => {
  const folder = dirname(handlerName);
  const [file, ...exported] = handlerName.slice(handlerName.lastIndexOf('/') + 1).split('.');
  if (!file || exported.length === 0) throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');
  const module = await importModule(join(taskRoot, folder, file));
  const find = (from) => exported.reduce((value, key) => value?.[key], from);
  const found = find(module) ?? find(module.default);
  if (found === undefined) throw runtimeError('Runtime.HandlerNotFound', `${handlerName} is undefined or not exported`);
  if (typeof found !== 'function') throw runtimeError('Runtime.HandlerNotFound', `${handlerName} is not a function`);
  if (found.length > 2) {
    throw runtimeError(
      'Runtime.CallbackHandlerDeprecated',
      'Callback-based function handlers are not supported from Node.js 24 on',
    );
  }
  return found;
};

const contextOf = ({ id, deadline, arn }) => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  invokedFunctionArn: arn,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  awsRequestId: id,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  getRemainingTimeInMillis: () => deadline - Date.now(),
});

const serialise = (result) => {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
};

// A killed process writes no compile cache by itself: it is written once, when nobody waits.
let flush = setTimeout(() => flushCompileCache(), 250).unref();
const flushSoon = () => {
  if (flush === undefined) return;
  clearTimeout(flush);
  flush = undefined;
  setTimeout(() => flushCompileCache(), 20).unref();
};

/** Standard output and error go to this file from now on: the lowest free number is what a file gets. */
const logTo = (path) => {
  for (const fd of [1, 2]) {
    closeSync(fd);
    if (openSync(path, 'a') !== fd) process.exit(1);
  }
  send({ type: 'logging' });
};

const serve = (handler) => {
  process.on('message', async (request) => {
    if (request.type === 'log') return logTo(request.path);
    requestId = request.id;
    process.env._X_AMZN_TRACE_ID = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${request.id.replaceAll('-', '').slice(0, 24)};Sampled=0`;
    try {
      const payload = serialise(await handler(JSON.parse(request.payload), contextOf(request)));
      if (requestId === request.id) send({ type: 'result', id: request.id, payload, rssMb: rssMb() });
    } catch (error) {
      const report = toReport(error);
      console.error(
        `Invoke Error \t${JSON.stringify({ errorType: report.errorType, errorMessage: report.errorMessage, stack: report.trace })}`,
      );
      send({ type: 'error', id: request.id, error: report, rssMb: rssMb() });
    }
    flushSoon();
  });
  send({ type: 'ready', initMs: performance.now() - started });
};

loadHandler().then(serve, (error) => die('Init Error', error, 1));
