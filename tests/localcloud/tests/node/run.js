// Runs one script: `node run.js SCRIPT` hands it the JSON of standard input and prints its answer.
// A script exports one async function. Whatever it prints itself goes to standard error.
'use strict';

const fs = require('fs');
const path = require('path');

console.log = console.info = console.error;

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
require(path.resolve(process.argv[2]))(asked).then(
  (answer) => process.stdout.write(JSON.stringify(answer === undefined ? null : answer)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  }
);
