"""What turns a story's words into FHIR resources."""
