"""Checks of the Bicep templates, offline: Bicep's compiler comes in no package, so this is what packages offer.

- `bicep`: reads templates (words and declarations by tree-sitter-bicep) and knows names, functions and types.
- `types`: Microsoft's own types of the resources used, one file each; `dump_types.py` renews them.
- `paper`: deploys the templates on paper, with every choice they offer and for every prepared stage.
- `checks`: one module per kind of mistake; each returns findings as `file:line: sentence`.
- `mutants`: mistakes, made in the real templates in memory, that the checks have to tell.

Where the Azure CLI is, `az bicep build --file infra/main.bicep` and `az bicep lint` say more about the language, and
`az deployment sub what-if` about Azure. These checks know what those cannot: what the code reads, writes and opens.
"""
