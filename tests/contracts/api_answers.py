"""What every repository of answers of the API does."""

from datetime import UTC, datetime, timedelta

from algo_trading.repositories.api_answers import ApiAnswerRepository, KeptAnswer

AT = datetime(2013, 2, 1, 12, tzinfo=UTC)
SINCE = AT - timedelta(days=1)


class ApiAnswersContract:
    """Subclasses give the fixture `api_answers`, an empty repository with the users ann and bob."""

    def test_the_first_of_a_key_works_and_the_others_get_its_answer(self, api_answers: ApiAnswerRepository) -> None:
        assert api_answers.begin("ann", "one", "digest", AT, SINCE) is None
        assert api_answers.begin("ann", "one", "other", AT, SINCE) == KeptAnswer("digest")
        api_answers.keep("ann", "one", 202, b"{}")
        assert api_answers.begin("ann", "one", "other", AT, SINCE) == KeptAnswer("digest", 202, b"{}")

    def test_a_key_is_a_users_own(self, api_answers: ApiAnswerRepository) -> None:
        assert api_answers.begin("ann", "one", "digest", AT, SINCE) is None
        assert api_answers.begin("bob", "one", "digest", AT, SINCE) is None

    def test_one_that_failed_and_one_that_is_old_are_free(self, api_answers: ApiAnswerRepository) -> None:
        for key in ("failed", "old"):
            assert api_answers.begin("ann", key, "digest", AT, SINCE) is None
        api_answers.forget("ann", "failed")
        assert api_answers.begin("ann", "failed", "digest", AT, SINCE) is None
        later = AT + timedelta(days=2)
        assert api_answers.begin("ann", "old", "digest", later, later - timedelta(days=1)) is None
