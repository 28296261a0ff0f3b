"""What a take costs: pure arithmetic over rules, sellers and rates."""

from dataclasses import replace
from decimal import Decimal

import pytest

from generations import catalog, pricing
from generations.catalog import Recipe
from generations.choices import Currency
from generations.pricing import Blocked, Rate, Rule, Seller

D = Decimal
PLAIN = Rate(D(100))
FAL = Seller(1, "fal", "fal", is_sandbox=False, unit_price_usd=D("0.14"))
KLING = Seller(2, "kling", "Kling", is_sandbox=False, unit_price_usd=D("0.14"))
SANDBOX = Seller(3, "fal", "Sandbox", is_sandbox=True, unit_price_usd=D("0.14"))
RECIPE = Recipe(
    capability="text_to_video", model="kling-v2-master", tier="master", prompt="A ferry leaves", duration_seconds=5
)
NO_GUIDANCE = "Kling official takes no guidance for Kling 2.0 Master. Leave it at the model's own."


def rule(amount="0.28", rule_id=1, **facts):
    amount = None if amount is None else D(amount)
    given = {"provider": "fal", "account_id": None, "model": RECIPE.model, "tier": RECIPE.tier, "capability": ""}
    return Rule(rule_id=rule_id, amount=amount, **{**given, "currency": "usd", "per": "second", **facts})


def list_prices():
    """The catalog's rows as rules in force, the most specific first, as the price book hands them over."""
    rows = sorted(catalog.load().prices, key=lambda row: (row.capability is None, row.variant is None))
    return [
        Rule(
            rule_id=number,
            provider=row.provider,
            account_id=None,
            model=row.model,
            tier=row.tier,
            capability=row.capability or "",
            amount=None if row.amount == "unknown" else row.amount,
            currency=row.currency,
            per=row.per,
            variant=row.variant or "",
        )
        for number, row in enumerate(rows, 1)
    ]


def price(*rules, seller=FAL, rate=PLAIN, recipe=RECIPE):
    """The single quote of one seller."""
    offer = pricing.quote(recipe, [seller], rules, rate)
    assert offer.blocked == ()
    return offer.quotes[0]


def refusal(*rules, seller=FAL, recipe=RECIPE):
    """Why one seller cannot."""
    offer = pricing.quote(recipe, [seller], rules, PLAIN)
    assert offer.quotes == ()
    return offer.blocked[0]


@pytest.mark.parametrize(
    ("model", "tier", "seconds", "seller", "credits"),
    [
        ("kling-v2-master", "master", 5, FAL, "140"),
        ("kling-v2-master", "master", 10, FAL, "280"),
        ("kling-v2-master", "master", 5, KLING, "140"),
        ("kling-v2-master", "master", 10, KLING, "280"),
        ("kling-v2-1-master", "master", 5, FAL, "140"),
        ("kling-v2-1", "std", 5, FAL, "28"),
        ("kling-v2-1", "pro", 5, FAL, "49"),
        ("kling-v2-1", "pro", 10, FAL, "98"),
        ("kling-v2-1", "std", 5, KLING, "28"),
        ("kling-v2-1", "pro", 10, KLING, "98"),
        ("kling-v1", "std", 5, FAL, "22.5"),
        ("kling-v1", "std", 5, KLING, "14"),
        ("kling-v1", "pro", 10, KLING, "98"),
        ("kling-v1-5", "std", 5, KLING, "28"),
        ("kling-v1-6", "pro", 5, KLING, "49"),
    ],
)
def test_the_list_prices_come_out_as_the_providers_print_them(model, tier, seconds, seller, credits):
    recipe = Recipe(
        capability="image_to_video",
        model=model,
        tier=tier,
        prompt="A cat turns",
        duration_seconds=seconds,
        inputs=[{"role": "first_frame", "sha256": "0" * 64}],
    )

    assert price(*list_prices(), seller=seller, recipe=recipe).credits == D(credits)


SOUND_FILE, CLIP, IMAGE = ("c" * 64, "d" * 64, "e" * 64)


def recipe_of(capability, model, tier="std", **facts):
    return Recipe.model_validate({"capability": capability, "model": model, "tier": tier, **facts})


def image_recipe(model, tier="pro", **facts):
    inputs = [{"role": "first_frame", "sha256": IMAGE}]
    return recipe_of("image_to_video", model, tier, prompt="A cat", inputs=inputs, **{"duration_seconds": 5, **facts})


@pytest.mark.parametrize(
    ("recipe", "seller", "credits"),
    [
        (image_recipe("kling-v2-6"), KLING, "35"),
        (image_recipe("kling-v2-6", sound=False), KLING, "35"),
        (image_recipe("kling-v2-6", sound=True), KLING, "70"),
        (image_recipe("kling-v2-6", sound=True, voices=["narrator"]), KLING, "84"),
        (image_recipe("kling-v2-6", sound=True, voices=["narrator"]), FAL, "84"),
        (image_recipe("kling-v2-6", sound=True, duration_seconds=10), FAL, "140"),
        (image_recipe("kling-v3", "std", duration_seconds=3), KLING, "25.2"),
        (image_recipe("kling-v3", "std", duration_seconds=3, sound=True), KLING, "37.8"),
        (image_recipe("kling-v3", "4k"), KLING, "210"),
        (image_recipe("kling-v3", "4k", sound=True), KLING, "210"),
        (image_recipe("kling-v3-turbo", "std", duration_seconds=3), KLING, "33.6"),
    ],
)
def test_sound_and_voices_have_prices_of_their_own(recipe, seller, credits):
    """docs/providers.md 7.1, 7.2: 3 s of 3.0 Turbo were measured at 2.4 units."""
    assert price(*list_prices(), seller=seller, recipe=recipe).credits == D(credits)


def test_a_variants_own_rule_goes_before_the_plain_one_whatever_their_order():
    plain, loud = rule("0.28", 1), rule("0.5", 2, variant="sound")
    with_sound = image_recipe("kling-v3-omni", sound=True)
    rules = [replace(item, model="kling-v3-omni", tier="pro", capability="image_to_video") for item in (plain, loud)]

    for given in (rules, rules[::-1]):
        assert price(*given, recipe=with_sound).rule_id == 2
        assert price(*given, recipe=image_recipe("kling-v3-omni")).rule_id == 1


def test_a_capabilitys_rule_goes_before_a_variants():
    rules = [rule("1", 1, variant="silent"), rule("2", 2, capability="text_to_video")]

    assert price(*rules).rule_id == 2


def test_a_rule_of_another_variant_does_not_price_this():
    assert refusal(rule(variant="sound")).problems.keys() == {"__all__"}


@pytest.mark.parametrize(
    ("picture", "credits"),
    [
        (None, "2.8"),
        ({"count": 1}, "2.8"),
        ({"count": 4}, "11.2"),
        ({"count": 4, "resolution": "4k"}, "22.4"),
        ({"resolution": "2k"}, "2.8"),
    ],
)
def test_images_are_paid_by_the_image_in_image_units(picture, credits):
    """docs/providers.md 7.1: 8 units are $0.028, 16 in 4K."""
    recipe = recipe_of("text_to_image", "kling-image-o3", prompt="A ferry", picture=picture)

    assert price(*list_prices(), seller=KLING, recipe=recipe).credits == D(credits)


def test_a_pack_makes_image_units_cheaper_as_it_makes_units():
    recipe = recipe_of("text_to_image", "kling-image-v3", prompt="A ferry")
    half = replace(KLING, unit_price_usd=D("0.07"))

    found = price(*list_prices(), seller=half, recipe=recipe)

    assert (found.usd_per_unit, found.credits) == (D("0.00175"), D("1.4"))


def lip_sync(**facts):
    inputs = [{"role": "source_video", "sha256": CLIP}, {"role": "audio", "sha256": SOUND_FILE}]
    return recipe_of("lip_sync", "kling-lip-sync", inputs=inputs, **facts)


@pytest.mark.parametrize(
    ("seconds", "units", "credits"),
    [("2", 1, "7"), ("5", 1, "7"), ("5.04", 2, "14"), ("10", 2, "14"), ("59.9", 12, "84")],
)
@pytest.mark.parametrize("seller", [FAL, KLING], ids=["fal", "kling"])
def test_lip_sync_is_paid_by_each_started_five_seconds_of_the_video(seller, seconds, units, credits):
    """docs/providers.md 7.1, 7.2: 0.5 units or 0.014 x 5 dollars."""
    files = {CLIP: catalog.FileFacts(seconds=D(seconds))}

    (found,) = pricing.quote(lip_sync(), [seller], list_prices(), PLAIN, files).quotes

    assert (found.units, found.credits) == (units, D(credits))


def test_without_the_length_of_the_file_there_is_no_price():
    for files in ({}, {CLIP: catalog.FileFacts()}):
        (blocked,) = pricing.quote(lip_sync(), [KLING], list_prices(), PLAIN, files).blocked
        assert blocked.problems == {
            "inputs": "The price goes by the length of the file, which is not known. Add the file again."
        }


def test_an_avatar_is_paid_by_the_seconds_of_its_sound():
    """docs/providers.md 7.1: 0.4 units a second."""
    inputs = [{"role": "character", "sha256": IMAGE}, {"role": "audio", "sha256": SOUND_FILE}]
    files = {SOUND_FILE: catalog.FileFacts(seconds=D("12.27"))}

    (found,) = pricing.quote(
        recipe_of("avatar", "kling-avatar", inputs=inputs), [KLING], list_prices(), PLAIN, files
    ).quotes

    assert (found.units, found.credits) == (D("12.27"), D("68.712"))


def test_motion_control_is_paid_by_the_seconds_of_the_video():
    """docs/providers.md 7.1: 0.5 units a second for 2.6 in 720p."""
    inputs = [{"role": "character", "sha256": IMAGE}, {"role": "source_video", "sha256": CLIP}]
    recipe = recipe_of("motion_control", "kling-v2-6", inputs=inputs, orientation="video")
    files = {CLIP: catalog.FileFacts(seconds=D("7.5"))}

    (found,) = pricing.quote(recipe, [KLING], list_prices(), PLAIN, files).quotes

    assert (found.units, found.credits) == (D("7.5"), D("52.5"))


def test_shots_are_paid_by_their_seconds_together():
    shots = [{"prompt": "A door", "seconds": 4}, {"prompt": "A hand", "seconds": 5}]
    recipe = recipe_of("text_to_video", "kling-v3", duration_seconds=9, shots=shots)

    assert price(*list_prices(), seller=KLING, recipe=recipe).units == 9


def test_extending_and_speaking_are_paid_by_the_call():
    """docs/providers.md 7.1: 2 units for 1.6 std, 0.05 for speech."""
    clip = [{"role": "source_video", "sha256": CLIP}]
    extend = recipe_of("extend", "kling-v1-6", inputs=clip)
    speech = recipe_of("text_to_speech", "kling-tts", speech="Good evening", voice={"id": "genshin_vindi2"})

    assert price(*list_prices(), seller=KLING, recipe=extend).credits == D(28)
    assert price(*list_prices(), seller=KLING, recipe=speech).credits == D("0.7")


def test_speech_may_be_paid_by_the_thousand_characters():
    speech = recipe_of("text_to_speech", "kling-tts", speech="x" * 250, voice={"id": "genshin_vindi2"})
    by_length = replace(rule("0.1", per="thousand_characters"), model="kling-tts", tier="std")

    found = price(by_length, recipe=speech)

    assert (found.units, found.credits) == (D("0.25"), D("2.5"))


def test_a_placeholder_has_a_unit_of_its_own():
    image = recipe_of("text_to_image", "kling-image-v3", prompt="A ferry", picture={"count": 3})

    found = price(*list_prices(), seller=SANDBOX, recipe=image)

    assert found.is_placeholder
    assert (found.per, found.credits) == ("image", catalog.load().sandbox_usd_per_unit["image"] * 3 * 100)


@pytest.mark.parametrize(
    ("amount", "credits"),
    [
        ("0.28", "140"),
        ("0.00001", "0.005"),
        ("0.000001", "0.001"),  # half a thousandth is a thousandth
        ("0.0000020", "0.001"),
        ("0.0000021", "0.002"),
        ("0.0000000001", "0.001"),
        ("0", "0"),
    ],
)
def test_the_price_is_rounded_once_and_up_to_a_thousandth(amount, credits):
    assert price(rule(amount)).credits == D(credits)


def test_nothing_is_rounded_before_the_end():
    # Rounded at each step this would be 5 x 0.067 x 1.1 = 0.3685, up to 0.369.
    found = price(rule("0.00066666"), rate=Rate(D(100), D(10)))

    assert found.credits == D("0.367")
    assert D("0.00066666") * 5 * 100 * D("1.1") == D("0.36666300")


def test_a_price_of_a_whole_thousandth_is_not_rounded_up_further():
    assert price(rule("0.000002")).credits == D("0.001")


@pytest.mark.parametrize(
    ("credits_per_usd", "markup_percent", "credits"),
    [
        ("100", "0", "140"),
        ("100", "10", "154"),
        ("100", "12.5", "157.5"),
        ("100", "0.01", "140.014"),
        ("1", "0", "1.4"),
        ("250", "0", "350"),
        ("0.001", "0", "0.002"),
        ("33.333", "20", "56"),
    ],
)
def test_a_teams_rate_and_markup_make_credits_of_dollars(credits_per_usd, markup_percent, credits):
    rate = Rate(D(credits_per_usd), D(markup_percent))

    assert price(rule(), rate=rate).credits == D(credits)


def test_kling_units_cost_what_the_accounts_pack_costs():
    units = rule("2.0", provider="kling", currency="kling_unit")

    listed = price(units, seller=KLING)
    in_a_pack = price(units, seller=replace(KLING, unit_price_usd=D("0.126")))

    assert (listed.credits, listed.usd_per_unit, listed.units) == (D(140), D("0.14"), D(5))
    assert in_a_pack.credits == D(126)


def test_a_dollar_price_does_not_ask_for_the_price_of_a_unit():
    assert price(rule(), seller=replace(FAL, unit_price_usd=D(7))).credits == D(140)


def test_a_price_per_call_does_not_grow_with_the_seconds():
    ten = RECIPE.model_copy(update={"duration_seconds": 10})

    assert price(rule("0.5", per="call")).credits == price(rule("0.5", per="call"), recipe=ten).credits == D(50)
    assert price(rule("0.5", per="call")).units == 1


@pytest.mark.parametrize("rules", [(), (rule(None),)], ids=["no rule", "a rule without an amount"])
def test_an_unknown_price_is_refused_on_a_real_account_and_a_marked_placeholder_in_the_sandbox(rules):
    refused = refusal(*rules)
    placeholder = price(*rules, seller=SANDBOX)

    assert refused.problems == {"__all__": "fal has no known price for this. An administrator can add a price rule."}
    assert placeholder.is_placeholder
    assert placeholder.credits == catalog.load().sandbox_usd_per_unit["second"] * 5 * 100 == 25
    assert (placeholder.currency, placeholder.per) == ("usd", "second")
    assert placeholder.as_json()["is_placeholder"] is True


def test_a_known_price_is_no_placeholder_in_the_sandbox():
    found = price(rule(), seller=SANDBOX)

    assert (found.credits, found.is_placeholder, found.is_sandbox) == (D(140), False, True)


def test_an_accounts_own_rule_goes_before_the_general_one_whatever_their_order():
    general, own, of_another = rule("0.28", 1), rule("0.2", 2, account_id=1), rule("0.1", 3, account_id=9)

    for rules in ((general, own, of_another), (of_another, own, general)):
        assert price(*rules).rule_id == 2
        assert price(*rules, seller=replace(FAL, account_id=5)).rule_id == 1


def test_a_capabilitys_own_rule_goes_before_the_general_one_whatever_their_order():
    general, own = rule("0.28", 1), rule("0.2", 2, capability="text_to_video")
    other = rule("0.1", 3, capability="image_to_video")

    for rules in ((general, own, other), (other, own, general)):
        assert price(*rules).rule_id == 2
    assert price(general, other).rule_id == 1


def test_an_accounts_rule_goes_before_a_capabilitys():
    assert price(rule(rule_id=1, capability="text_to_video"), rule(rule_id=2, account_id=1)).rule_id == 2


def test_of_equal_rules_the_first_that_was_handed_over_holds():
    assert price(rule("0.3", 7), rule("0.28", 6)).rule_id == 7


def test_an_accounts_unknown_price_hides_the_general_one():
    assert refusal(rule("0.28"), rule(None, 2, account_id=1)).problems.keys() == {"__all__"}


@pytest.mark.parametrize("facts", [{"provider": "kling"}, {"model": "kling-v1"}, {"tier": "pro"}])
def test_a_rule_of_something_else_does_not_price_this(facts):
    assert refusal(rule(**facts)).problems.keys() == {"__all__"}


def test_the_cheapest_route_comes_first_and_equal_prices_by_label():
    cheap = replace(FAL, account_id=4, label="fal in bulk")
    also = replace(FAL, account_id=5, label="A second fal")
    rules = [rule("0.28"), rule("0.2", 2, account_id=4)]

    offer = pricing.quote(RECIPE, [FAL, cheap, also], rules, PLAIN)

    assert [(quote.account_label, quote.credits) for quote in offer.quotes] == [
        ("fal in bulk", 100),
        ("A second fal", 140),
        ("fal", 140),
    ]
    assert offer.find(5).account_label == "A second fal"
    assert offer.find(99) is None


def test_a_paused_account_says_so_before_anything_else():
    paused = replace(FAL, paused_because="fal is paused: the key was revoked.")

    assert refusal(rule(), seller=paused).reason == "fal is paused: the key was revoked."


def test_a_route_that_does_not_exist_is_named():
    recipe = Recipe.model_validate({**RECIPE.as_json(), "model": "kling-v1", "tier": "pro"})

    assert refusal(rule(), recipe=recipe).problems == {"model": "fal does not offer Kling 1.0, Pro, for text to video."}


def test_a_model_that_does_not_exist_is_named_by_what_was_asked():
    recipe = RECIPE.model_copy(update={"model": "kling-v9"})

    assert refusal(rule(), recipe=recipe).problems == {"model": "fal does not offer kling-v9, Hero, for text to video."}


def test_an_option_the_route_cannot_carry_blocks_it_and_leaves_the_other_route_open():
    recipe = RECIPE.model_copy(update={"guidance": D("0.5")})
    rules = [rule(), rule("2", 2, provider="kling", currency="kling_unit")]

    offer = pricing.quote(recipe, [FAL, KLING], rules, PLAIN)

    assert [quote.account_label for quote in offer.quotes] == ["fal"]
    assert offer.blocked == (Blocked(2, "Kling", {"guidance": NO_GUIDANCE}),)


def test_a_blocked_route_gives_every_reason_in_one_text():
    recipe = RECIPE.model_copy(update={"guidance": D("0.5"), "duration_seconds": 7})

    assert refusal(rule("2", provider="kling"), seller=KLING, recipe=recipe).reason == (
        "Kling 2.0 Master makes 5 s or 10 s, not 7 s. " + NO_GUIDANCE
    )


def test_without_accounts_there_is_neither_a_price_nor_a_reason():
    assert pricing.quote(RECIPE, [], [rule()], PLAIN) == pricing.Offer((), ())


def test_a_quote_explains_its_price_for_ever():
    found = price(rule("2.0", 8, provider="kling", currency="kling_unit"), seller=KLING, rate=Rate(D(100), D("2.5")))

    assert found.as_json() == {
        "route": "kling:kling-v2-master:text_to_video:master",
        "endpoint": "/v1/videos/text2video",
        "credits": "143.500",
        "amount": "2.0",
        "currency": "kling_unit",
        "per": "second",
        "units": "5",
        "usd_per_unit": "0.14",
        "credits_per_usd": "100",
        "markup_percent": "2.5",
        "is_placeholder": False,
    }


@pytest.mark.parametrize(
    ("currency", "amount", "credits"),
    [
        (pricing.FAL_UNIT, "5", "140"),
        (pricing.FAL_UNIT, "10", "280"),
        (pricing.FAL_UNIT, "4.99999", "140"),
        (pricing.FAL_UNIT, "0", "0"),
        (Currency.USD, "1.40", "140"),
        (Currency.USD, "0.000005", "0.001"),  # half a thousandth of a credit
        (Currency.USD, "0.0000049", "0"),
        (Currency.KLING_UNIT, "10", None),
        ("eur", "1.40", None),
    ],
)
def test_what_fal_reports_becomes_credits_at_the_rates_of_the_quote(currency, amount, credits):
    quoted = price(rule()).as_json()

    found = pricing.charged_credits(quoted, D(amount), currency)

    assert found == (None if credits is None else D(credits))


@pytest.mark.parametrize(
    ("currency", "amount", "credits"),
    [(Currency.KLING_UNIT, "10", "154"), (Currency.KLING_UNIT, "9.5", "146.3"), (Currency.USD, "1.40", "154")],
)
def test_what_kling_reports_becomes_credits_at_the_rates_of_the_quote(currency, amount, credits):
    units = rule("2.0", provider="kling", currency="kling_unit")
    quoted = price(units, seller=KLING, rate=Rate(D(100), D(10))).as_json()

    assert pricing.charged_credits(quoted, D(amount), currency) == D(credits)


def test_a_full_charge_is_never_more_than_the_hold():
    """The hold is rounded up, the charge to the nearest: so an exact charge leaves no shortfall of a thousandth."""
    for amount in ("0.00003331", "0.0000019", "0.123456", "0.28"):
        quoted = price(rule(amount), rate=Rate(D("33.333"), D("7.77")))

        charged = pricing.charged_credits(quoted.as_json(), quoted.units, pricing.FAL_UNIT)

        assert 0 <= quoted.credits - charged <= D("0.001")
