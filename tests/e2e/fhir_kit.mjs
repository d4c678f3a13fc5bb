// Drives a FHIR server with fhir-kit-client; says on stdout what came back.
// stdin: {"base": …, "token": …, "patient": …}
import { Client } from "fhir-kit-client";
import { text } from "node:stream/consumers";

const { base, token, patient } = JSON.parse(await text(process.stdin));
const client = new Client({ baseUrl: base, bearerToken: token });
const said = {};

const weight = (value, more = {}) => ({
  resourceType: "Observation",
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] },
  subject: { reference: `Patient/${patient}` },
  valueQuantity: { value, unit: "kg" },
  ...more,
});
const status = (answer) => Client.httpFor(answer).response.status;
const resourceType = "Observation";

said.capabilities = (await client.capabilityStatement()).fhirVersion;
const made = await client.create({ resourceType, body: weight(60.5) });
said.created = status(made);
const id = made.id;
said.read = (await client.read({ resourceType, id })).valueQuantity.value;
said.vread = (await client.vread({ resourceType, id, version: "1" })).meta.versionId;
const changed = await client.update({ resourceType, id, body: { ...made, status: "amended" } });
said.updated = changed.meta.versionId;
const jsonPatch = [{ op: "replace", path: "/status", value: "corrected" }];
said.patched = (await client.patch({ resourceType, id, jsonPatch })).status;
said.history = (await client.resourceHistory({ resourceType, id })).total;
said.typeHistory = (await client.typeHistory({ resourceType })).entry.length > 0;

for (let n = 0; n < 5; n += 1) {
  await client.create({ resourceType, body: weight(n, { note: [{ text: "kit" }] }) });
}
let page = await client.search({
  resourceType, searchParams: { patient, _count: 4, _sort: "-_lastUpdated" },
});
let seen = [];
while (page) {
  seen = seen.concat(page.entry ?? []);
  page = page.link?.some((l) => l.relation === "next") ? await client.nextPage({ bundle: page }) : null;
}
said.pages = seen.filter((e) => e.resource.note || e.resource.id === id).length;

const posted = { method: "POST", url: "Observation" };
const many = (type, entry) => ({ resourceType: "Bundle", type, entry });
const codes = (answer) => answer.entry.map((e) => e.response.status.slice(0, 3));
said.batch = codes(await client.batch({
  body: many("batch", [
    { request: posted, resource: weight(1) },
    { request: { method: "GET", url: `Patient/${patient}` } },
  ]),
}));
said.transaction = codes(await client.transaction({
  body: many("transaction", [{ request: posted, resource: weight(2) }]),
}));
said.resolved = (await client.resolve({ reference: `Patient/${patient}` })).name[0].family;
said.deleted = status(await client.delete({ resourceType, id }));
said.gone = await client.read({ resourceType, id }).catch((error) => error.response.status);
console.log(JSON.stringify(said));
