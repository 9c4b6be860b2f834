// Starts the program from V8's compiled form. Kept in old syntax: an old Node must get as far as the message.
'use strict';
var version = process.versions.node.split('.');
if (Number(version[0]) < 20 || (Number(version[0]) === 20 && Number(version[1]) < 19)) {
  process.stderr.write('stap: Node.js 20.19 or newer is needed, this is ' + process.version + '\n');
  process.exit(1);
}
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

var build = __dirname + '/__BUILD__';
/** What is loaded, by name of the part; see scripts/bundle-parts.mjs. */
var parts = {};
/** Open files by name of the part: a script that runs for days still finds its own when dist/ was built anew. */
var files = {};
__PARTS__.forEach(function (name) {
  files[name] = fs.openSync(build + '.' + name + '.js', 'r');
});

function load(name) {
  if (parts[name] !== undefined) return parts[name].exports;
  var path = build + '.' + name + '.js';
  var cache;
  try {
    cache = fs.readFileSync(build + '.' + name + '.cache');
  } catch (error) {
    cache = undefined;
  }
  var source = fs.readFileSync(files[name], 'latin1');
  fs.closeSync(files[name]);
  var script = new vm.Script(source, { filename: path, cachedData: cache });
  var part = (parts[name] = { script: script, exports: {} });
  script.runInThisContext()(part.exports, requireAny, part, path, __dirname);
  return part.exports;
}

/** `#PART/PATH` is a module of a part. */
function requireAny(id) {
  if (id[0] !== '#') return require(id);
  var slash = id.indexOf('/');
  return load(id.slice(1, slash)).modules[id.slice(slash + 1)]();
}

/** What has run is in the compiled form, so it is taken after a run. A read-only installation goes without. */
function writeCaches() {
  Object.keys(parts).forEach(function (name) {
    var path = build + '.' + name + '.cache';
    try {
      fs.writeFileSync(path + '.' + process.pid, parts[name].script.createCachedData());
      fs.renameSync(path + '.' + process.pid, path);
    } catch (error) {
      return;
    }
  });
}

var command = require('path').basename(__filename, '.cjs');
var building = command.indexOf('loader-') === 0;
// V8 forgets what functions compile to when they have not run for a while: all that ran is wanted in the compiled form.
// Set back before it is taken, because V8 refuses one that was made with other settings.
if (building) require('v8').setFlagsFromString('--no-flush-bytecode');
var main = load('main');
if (building) {
  main.warmUp(build).then(function () {
    require('v8').setFlagsFromString('--flush-bytecode');
    writeCaches();
    process.exit(0);
  });
} else {
  // The compiled form of another Node version is refused by V8: replace it.
  if (parts.main.script.cachedDataRejected !== false) process.once('exit', writeCaches);
  main.main(process.argv.slice(2), build, command);
}
