"""Mistakes that one edit makes in the templates, and what the checks have to say to each.

Every mistake is made in the real files, in memory. Where a template has changed so that the edit finds nothing any
more, the test says so: choose another place for the same mistake.
"""

from tests.infra.mutants import agreement, language, resources, safety
from tests.infra.mutants.files import Mutants

MUTANTS: dict[str, Mutants] = {
    "every file is Bicep": language.IN_SYNTAX,
    "names, functions and decorators exist": language.IN_SYMBOLS,
    "resources are what Microsoft's types take": resources.IN_BODIES,
    "Bicep's linter has nothing to say": language.IN_LINT,
    "modules and their users agree": resources.IN_MODULES,
    "what is planned with is known at the start": resources.IN_START,
    "deployments succeed on paper": resources.IN_DEPLOYMENT,
    "names keep Azure's rules": resources.IN_NAMES,
    "roles are few and explained": safety.IN_ROLES,
    "app settings are the code's": safety.IN_SETTINGS,
    "nothing secret is used or shown": safety.IN_SECRECY,
    "a private network reaches what it closes": resources.IN_NETWORK,
    "nothing is missing that this service needs": agreement.IN_SHAPE,
    "tables are the code's": safety.IN_TABLES,
    "alerts ask for what is written": agreement.IN_ALERTS,
    "routes without a key are the only open ones": agreement.IN_ROUTES,
    "the files agree with each other": agreement.IN_FILES,
}
"""The mistakes that each check has to find, by the check's name."""
