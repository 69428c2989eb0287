"""Is this manifest what a rubric asks for? Rubrics are YAML: rules written as expressions over a manifest's JSON.

``document`` reads a rubric, ``syntax`` and ``evaluation`` are the language of its expressions (json-formula: JMESPath
with functions of a spreadsheet), ``lint`` holds a file against rubrics. ``conformance.yaml`` states the conformance
programme's rules for C2PA 2.4 in our own words; the programme's own files can be given in its place.
"""
