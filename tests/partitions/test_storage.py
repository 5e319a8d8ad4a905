"""The storage tests again, on partitions: `db`, `world` and `database_url` are those of this folder's conftest."""

from tests.db.test_locks import (
    _nobody_is_left,
    test_a_change_of_settings_waits_for_writers_of_identifiers,
    test_an_edit_does_not_keep_the_lock_of_a_dead_root,
    test_an_identifier_does_not_wait_for_its_locked_contact,
    test_contacts_are_locked_in_the_order_of_their_ids,
    test_opposite_merges_do_not_deadlock,
    test_the_organization_s_lock_is_taken_by_one,
)
from tests.db.test_search import (
    test_a_merge_keeps_texts_whose_folding_is_not_final,
    test_an_identifier_taken_off_is_not_found,
    test_organizations_do_not_see_each_other,
    test_the_index_is_in_step,
)
from tests.db.test_statements import test_statement_counts
from tests.db.test_storm import test_a_storm_of_edits_and_merges, test_a_storm_with_erasures
from tests.db.test_tables import (
    test_an_identifier_is_held_once_by_a_contact,
    test_contact_checks,
    test_merge_checks,
    test_nothing_refers_across_organizations,
)

__all__ = [
    "_nobody_is_left",
    "test_a_change_of_settings_waits_for_writers_of_identifiers",
    "test_a_merge_keeps_texts_whose_folding_is_not_final",
    "test_a_storm_of_edits_and_merges",
    "test_a_storm_with_erasures",
    "test_an_edit_does_not_keep_the_lock_of_a_dead_root",
    "test_an_identifier_does_not_wait_for_its_locked_contact",
    "test_an_identifier_is_held_once_by_a_contact",
    "test_an_identifier_taken_off_is_not_found",
    "test_contact_checks",
    "test_contacts_are_locked_in_the_order_of_their_ids",
    "test_merge_checks",
    "test_nothing_refers_across_organizations",
    "test_opposite_merges_do_not_deadlock",
    "test_organizations_do_not_see_each_other",
    "test_statement_counts",
    "test_the_index_is_in_step",
    "test_the_organization_s_lock_is_taken_by_one",
]
