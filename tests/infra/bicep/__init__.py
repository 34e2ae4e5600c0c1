"""Reading Bicep: words and expressions, declarations, what a name means, what a type takes."""
