"""Text that a database cannot keep is refused where it stands in a document."""

from typing import Any

from graphql import GraphQLError, StringValueNode, ValidationRule

from resolvers.errors import ErrorCode


class StorableText(ValidationRule):
    """Refuses U+0000 and lone surrogates in string literals, escaped or not.

    GraphQL's own String type cannot be overridden, so this stands beside the check of the JSON body: SQLite would
    store U+0000 and PostgreSQL not, and a lone surrogate is no character at all.
    """

    def enter_string_value(self, node: StringValueNode, *_args: Any) -> None:
        """Called by graphql-core for every literal; Any because the visitor's further arguments are untyped."""
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in node.value):
            self.report_error(
                GraphQLError(
                    "A text literal holds U+0000 or a lone surrogate, which cannot be stored. Remove it.",
                    node,
                    extensions={"code": ErrorCode.BAD_USER_INPUT},
                )
            )
