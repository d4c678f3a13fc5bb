// OpenZeppelin's StandardMerkleTree over the values on stdin (JSON, see test_trees.py).

import { readFileSync } from "node:fs";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

const results = JSON.parse(readFileSync(0, "utf8")).map(({ values, paths }) => {
  const tree = StandardMerkleTree.of(values.map((value) => [value]), ["bytes32"]);
  return {
    root: tree.root,
    paths: paths.map(([value]) => tree.getProof([value])),
    accepted: paths.map(([value, path]) =>
      StandardMerkleTree.verify(tree.root, ["bytes32"], [value], path),
    ),
  };
});
process.stdout.write(JSON.stringify(results));
