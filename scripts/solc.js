"use strict";
// The native compiler's command line, in front of its JavaScript build. Called by scripts/solc.

const fs = require("fs");
const path = require("path");

function fail(message) {
  process.stderr.write(`solc: ${message}\n`);
  process.exit(1);
}

function loadCompiler() {
  try {
    return require("solc");
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") fail("the compiler is not installed: run scripts/setup");
    throw error;
  }
}

function parse(argv) {
  const options = { base: "", include: [], allow: [], input: null, standardJson: false };
  for (let i = 0; i < argv.length; i++) {
    const [flag, attached] = argv[i].startsWith("--") ? argv[i].split(/=(.*)/s, 2) : [argv[i]];
    const value = () => attached ?? argv[++i] ?? fail(`${flag} needs a value`);
    if (flag === "--version") options.version = true;
    else if (flag === "--standard-json") {
      options.standardJson = true;
      if (attached) options.input = attached;
    } else if (flag === "--base-path") options.base = value();
    else if (flag === "--include-path") options.include.push(value());
    else if (flag === "--allow-paths") options.allow.push(...value().split(",").filter(Boolean));
    else if (flag === "-") options.input = null;
    else if (flag.startsWith("-")) fail(`unrecognised option '${flag}'`);
    else options.input = flag;
  }
  return options;
}

function isInside(file, folder) {
  const relative = path.relative(folder, file);
  return relative === "" || (!relative.startsWith("..") && !path.isAbsolute(relative));
}

// Reads an import as the native compiler does: below the base path, then below each include path,
// and only files in those folders or the allowed ones, whatever links lead to.
function importReader({ base, include, allow }) {
  const folders = [base || process.cwd(), ...include].map((folder) => path.resolve(folder));
  const real = (folder) => (fs.existsSync(folder) ? fs.realpathSync(folder) : folder);
  const allowed = [...folders, ...allow.map((folder) => path.resolve(folder))].map(real);
  return (name) => {
    const unit = name.replace(/^file:\/\//, "");
    const candidates = path.isAbsolute(unit) ? [unit] : folders.map((f) => path.join(f, unit));
    const found = candidates.find((file) => fs.existsSync(file));
    if (!found) return { error: `File not found. Searched: ${candidates.join(", ")}` };
    const file = fs.realpathSync(found);
    if (!allowed.some((folder) => isInside(file, folder))) {
      return { error: `File outside of allowed directories: ${file}` };
    }
    return { contents: fs.readFileSync(file, "utf8") };
  };
}

const options = parse(process.argv.slice(2));
if (options.version) {
  const version = loadCompiler().version();
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (options.standardJson) {
  const input = fs.readFileSync(options.input ?? 0, "utf8");
  process.stdout.write(loadCompiler().compile(input, { import: importReader(options) }));
} else {
  fail("give --version or --standard-json");
}
