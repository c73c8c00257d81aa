// OSS by ali-oss: `calls` are [method, ...arguments], answered one after the other. An argument
// {"bytes": "..."} becomes a Buffer. `url` calls are made with the bucket in the Host header, as
// ali-oss signs no URL for an address.
'use strict';

const http = require('http');
const OSS = require('ali-oss');

module.exports = async ({ config, calls }) => {
  const { port } = new URL(config.endpoint);
  const clients = {
    path: new OSS(config),
    host: new OSS({ ...config, endpoint: `http://localhost:${port}` }),
  };
  const answers = [];
  for (const [method, ...given] of calls) {
    const parameters = given.map((each) => (each && each.bytes ? Buffer.from(each.bytes) : each));
    try {
      answers.push(await answer(clients, method, parameters, port));
    } catch (error) {
      answers.push({ status: error.status, code: error.code, message: error.message });
    }
  }
  return answers;
};

async function answer(clients, method, parameters, port) {
  if (method === 'fetch') {
    const [{ sign, verb, headers, body }] = parameters;
    return fetched(await clients.host[sign[0]](...sign.slice(1)), verb, headers, body, port);
  }
  const { res, content, ...rest } = await clients.path[method](...parameters);
  const told = res ? { status: res.status, headers: res.headers } : {};
  return { ...told, ...rest, content: content && content.toString() };
}

function fetched(url, method, headers, body, port) {
  const { host, pathname, search } = new URL(url);
  const path = pathname + search;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: { Host: host, ...headers } };
    const request = http.request(options, (reply) => {
      let text = '';
      reply.on('data', (piece) => (text += piece));
      reply.on('end', () => resolve({ status: reply.statusCode, text, headers: reply.headers }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
