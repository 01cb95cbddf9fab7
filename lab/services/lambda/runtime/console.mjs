/**
 * console.* in the text format of Lambda's logs: time, request id, level and message, separated by tabs.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
import { writeSync } from 'node:fs';
import { format } from 'node:util';

const LEVELS = { log: 'INFO', info: 'INFO', debug: 'DEBUG', warn: 'WARN', error: 'ERROR', trace: 'TRACE' };

/** @param {() => string} requestId */
export const patchConsole = (requestId) => {
  for (const [method, level] of Object.entries(LEVELS)) {
    console[method] = (...parts) => {
      // A carriage return keeps a message of several lines one entry, as the managed runtime does.
      const text = format(...parts).replaceAll('\n', '\r');
      writeSync(1, `${new Date().toISOString()}\t${requestId()}\t${level}\t${text}\n`);
    };
  }
};
