// FC 2.0 by @alicloud/fc2: `calls` are [method, ...arguments], answered one after the other.
'use strict';

const FC = require('@alicloud/fc2');

module.exports = async ({ config, calls }) => {
  const client = new FC(config.accountID, config);
  const answers = [];
  for (const [method, ...parameters] of calls) {
    try {
      const { data, headers } = await client[method](...parameters);
      answers.push({ data: Buffer.isBuffer(data) ? data.toString() : data, headers });
    } catch (error) {
      answers.push({ code: error.code, message: error.message });
    }
  }
  return answers;
};
