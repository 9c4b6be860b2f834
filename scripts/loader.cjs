// Starts the bundle from V8's compiled form. Kept in old syntax: an old Node must get as far as the message.
'use strict';
var version = process.versions.node.split('.');
if (Number(version[0]) < 20 || (Number(version[0]) === 20 && Number(version[1]) < 19)) {
  process.stderr.write('stap: Node.js 20.19 or newer is needed, this is ' + process.version + '\n');
  process.exit(1);
}
// A run of the compiler is over before optimised code pays for itself: V8 waits longer before it makes any. Handlers
// that really are hot reach it a few milliseconds later. The flag exists in these versions; V8 complains about others.
if (Number(version[0]) <= 24) require('v8').setFlagsFromString('--interrupt-budget=1000000');
// From here on a signal ends the process with status 1 and without a word, as SystemTap's compiler does, until a run
// takes over (src/session/ports/stop-signals.ts). At SIGUSR1 Node would open a port for debuggers.
['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGXCPU'].forEach(function (signal) {
  process.on(signal, function () {
    process.exit(1);
  });
});
['SIGUSR1', 'SIGUSR2'].forEach(function (signal) {
  process.on(signal, function () {});
});
var fs = require('fs');
var vm = require('vm');

var path = __dirname + '/__MAIN__.js';
var cachePath = __dirname + '/__MAIN__.cache';

function compile() {
  var source =
    '(function (exports, require, module, __filename, __dirname) {' +
    fs.readFileSync(path, 'latin1') +
    '\n})';
  var cache;
  try {
    cache = fs.readFileSync(cachePath);
  } catch (error) {
    cache = undefined;
  }
  return new vm.Script(source, { filename: path, cachedData: cache });
}

/** What has run is in the compiled form, so it is taken after a run. A read-only installation goes without. */
function writeCache(script) {
  try {
    fs.writeFileSync(cachePath + '.' + process.pid, script.createCachedData());
    fs.renameSync(cachePath + '.' + process.pid, cachePath);
  } catch (error) {
    return;
  }
}

var script = compile();
var command = require('path').basename(__filename, '.cjs');
var building = command.indexOf('loader-') === 0;
var exported = { exports: {} };
script.runInThisContext()(exported.exports, require, exported, path, __dirname);
if (building) {
  exported.exports.warmUp(path).then(function () {
    writeCache(script);
    process.exit(0);
  });
} else {
  // The compiled form of another Node version is refused by V8: replace it.
  if (script.cachedDataRejected !== false)
    process.once('exit', function () {
      writeCache(script);
    });
  exported.exports.main(process.argv.slice(2), path, command);
}
