// FC 3.0 by @alicloud/fc20230330, which `s invoke` uses.
// `calls` are objects: `method`, `path` (names in the URL), `model` with `request`, and `headers`.
'use strict';

const { Readable } = require('stream');
const fc = require('@alicloud/fc20230330');
const { RuntimeOptions } = require('@darabonba/typescript');

async function text(body) {
  const pieces = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

async function answer(client, call) {
  const parameters = [...call.path];
  const invokes = call.method === 'invokeFunction';
  // The SDK takes a body only as a stream.
  if (invokes) call.request.body = Readable.from(Buffer.from(call.request.body));
  if (call.model) parameters.push(new fc[call.model](call.request));
  parameters.push(invokes ? new fc.InvokeFunctionHeaders(call.headers) : call.headers || {});
  parameters.push(new RuntimeOptions({}));
  const { statusCode, headers, body } = await client[`${call.method}WithOptions`](...parameters);
  return { status: statusCode, headers, body: invokes ? await text(body) : body };
}

module.exports = async ({ config, calls }) => {
  const client = new fc.default(config);
  const answers = [];
  for (const call of calls) {
    try {
      answers.push(await answer(client, call));
    } catch (error) {
      answers.push({ status: error.statusCode, code: error.code, message: error.message });
    }
  }
  return answers;
};
