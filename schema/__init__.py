"""The GraphQL contract and nothing else: types, queries, mutations, directives and their transport."""
