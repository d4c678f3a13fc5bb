// Compiles the contracts that Salus deploys into contracts/artifacts/, byte for byte the same on
// every machine.
//
//   node contracts/build.mjs           write the artifacts
//   node contracts/build.mjs --check   exit 1 if they are not what the sources give
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

// Every contract that Salus deploys, by its path in the repository.
const CONTRACTS = ["contracts/ledger/AnchorLog.sol", "contracts/ledger/ConsentRegistry.sol"];

// The same as in foundry.toml, or the tests would judge other code than is deployed.
const SETTINGS = {
  // Pinned: a newer target would not run on chains that lag behind.
  evmVersion: "cancun",
  // Anchoring pays for every append and only once for the deployment.
  optimizer: { enabled: true, runs: 1_000_000 },
  // No hash of the sources in the bytecode: a corrected comment leaves the code hash alone.
  metadata: { bytecodeHash: "none" },
};

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ARTIFACTS = join(ROOT, "contracts", "artifacts");

/** A file's text with the line ends that git stores, whatever those of this checkout. */
function readText(path) {
  return readFileSync(path, "utf8").replaceAll("\r\n", "\n");
}

/** A source's text by its name in the compiler's input, which never holds a machine's path. */
function readSource(name) {
  if (name.startsWith("contracts/")) return readText(join(ROOT, name));
  if (name.startsWith("@openzeppelin/")) return readText(join(ROOT, "node_modules", name));
  throw new Error(`${name} is neither in contracts/ nor from @openzeppelin`);
}

/** JSON with sorted keys, so that equal inputs have equal hashes. */
function canonical(value) {
  const sorted = (_, member) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member;
  return JSON.stringify(value, sorted);
}

/** Run the compiler; a warning is an error. */
function compile(input, callbacks) {
  const output = JSON.parse(solc.compile(JSON.stringify(input), callbacks));
  const problems = (output.errors ?? []).filter((problem) => problem.severity !== "info");
  if (problems.length) throw new Error(problems.map((each) => each.formattedMessage).join("\n"));
  return output;
}

/** A contract's source with everything it imports, directly or not. */
function collectSources(sourcePath) {
  const sources = { [sourcePath]: { content: readSource(sourcePath) } };
  const load = (name) => {
    try {
      const contents = readSource(name);
      sources[name] = { content: contents };
      return { contents };
    } catch (error) {
      return { error: error.message };
    }
  };
  // Without an output selection solc resolves the imports and stops.
  compile({ language: "Solidity", sources: { ...sources }, settings: {} }, { import: load });
  return sources;
}

/** The artifact of one contract, as the text of its file. */
function build(sourcePath) {
  const contract = basename(sourcePath, ".sol");
  const outputSelection = {
    [sourcePath]: { [contract]: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] },
  };
  // Everything the compiler sees is in here, so the hash stands for the build as a whole.
  const input = {
    language: "Solidity",
    sources: collectSources(sourcePath),
    settings: { ...SETTINGS, outputSelection },
  };
  const { abi, evm } = compile(input).contracts[sourcePath][contract];
  const artifact = {
    contract,
    sourcePath,
    compiler: solc.version(),
    inputHash: createHash("sha256").update(canonical(input)).digest("hex"),
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
  };
  return `${JSON.stringify(artifact, null, 2)}\n`;
}

/** What is wrong with the committed artifacts, one line each. */
function differences(built) {
  const committed = existsSync(ARTIFACTS) ? readdirSync(ARTIFACTS) : [];
  const strays = committed.filter((file) => !built.has(file));
  const lines = strays.map((file) => `${file} belongs to no contract in build.mjs: delete it`);
  for (const [file, text] of built) {
    if (!committed.includes(file)) {
      lines.push(`${file} is missing`);
    } else if (readText(join(ARTIFACTS, file)) !== text) {
      lines.push(`${file} differs from its sources`);
    }
  }
  return lines.map((line) => `contracts/artifacts/${line}`);
}

function main(options) {
  const check = options.length === 1 && options[0] === "--check";
  if (options.length && !check) throw new Error("usage: node contracts/build.mjs [--check]");

  const built = new Map(CONTRACTS.map((path) => [`${basename(path, ".sol")}.json`, build(path)]));
  if (!check) {
    mkdirSync(ARTIFACTS, { recursive: true });
    for (const [file, text] of built) writeFileSync(join(ARTIFACTS, file), text);
  }
  const lines = differences(built);
  if (lines.length) throw new Error([...lines, "to build: node contracts/build.mjs"].join("\n"));
  console.log(`contracts/artifacts/: ${built.size} ${check ? "up to date" : "built"}`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
