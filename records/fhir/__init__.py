"""What FHIR R4 says: schema, references, compartments."""
