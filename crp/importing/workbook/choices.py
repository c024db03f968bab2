"""What may stand in the columns that choose: how it is written for people, and how it is told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from crp.common.text import fold
from crp.importing.values import shown, tell_unknown
from funding.models import FundingRequest, RelatedPlan
from plans.models import (
    Country,
    Framework,
    Objective,
    Plan,
    PlanFamily,
    Revision,
    RevisionRow,
    StrategicObjective,
    StrategicOutcome,
    TargetGroup,
)
from sectors.models import Sector, Taxonomy

NAMES = ("code", "name", "name_fr", "name_es", "name_ar", "iso3", "short_name")
OF_ROWS = frozenset({"objective", "framework", "request"})
"""Lists whose entries are rows of the same workbook: a new one may stand in another sheet of it."""


@dataclass(frozen=True)
class Option:
    """One entry of a list. ``value`` tells it apart in every language, ``label`` is what a cell shows."""

    value: str
    label: str
    names: frozenset[str]
    item: Any = None


def identify(item: Model) -> str:
    """Return what tells an entry apart, such as ``iom-2025/shelter``; of a row, within its revision."""
    if isinstance(item, FundingRequest):
        breakdown, *target = (str(part) for part in item.natural_key()[2:] if part not in (None, ""))
        return f"{breakdown}:{'/'.join(target)}"
    key: Any = item.natural_key()  # type: ignore[attr-defined]
    return "/".join(str(part) for part in (key[2:] if isinstance(item, RevisionRow) else key))


def in_all_languages(text: str | Promise) -> set[str]:
    """Return a word of CRP as it may stand in a workbook, whatever language that was made in, to be compared."""
    found = set()
    for code, _name in settings.LANGUAGES:
        with override(code):
            found.add(fold(str(text)))
    return found


def _kind_name(breakdown: str) -> str:
    """Return what an amount of a breakdown is for, in a word."""
    names: Mapping[str, Callable[[], str]] = {
        "framework": lambda: _("Framework"),
        "objective": lambda: _("Objective"),
        "sector": lambda: _("Sector"),
        "global_cluster": lambda: _("Global cluster"),
        "country": lambda: _("Country"),
        "project": lambda: _("Project"),
    }
    return names[breakdown]()


def _breakdowns() -> dict[str, str]:
    """Return the breakdowns by their names, in every language."""
    found: dict[str, str] = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            found |= {fold(_kind_name(breakdown)): breakdown for breakdown in FundingRequest.Breakdown.values}
    return found


class Choices:
    """The lists that the cells of one revision choose from. Queries: one for each list used."""

    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self._lists: dict[str, dict[str, Option]] = {}
        self._values: dict[str, dict[int, str]] = {}

    def of(self, name: str) -> dict[str, Option]:
        """Return the entries of a list by what tells them apart, in their order."""
        if name not in self._lists:
            self._lists[name] = {option.value: option for option in self._make(name)}
        return self._lists[name]

    def value_of(self, name: str, pk: int | None) -> str:
        """Return what tells an entry apart that a row names by number; empty where it names none."""
        if pk is None:
            return ""
        if name not in self._values:
            self._values[name] = {option.item.pk: option.value for option in self.of(name).values()}
        return self._values[name][pk]

    def label(self, name: str, value: str) -> str:
        """Return what a cell shows for an entry."""
        option = self.of(name).get(value)
        if option is not None:
            return option.label
        breakdown, colon, target = value.partition(":")
        if name == "request" and colon:
            lists = {"sector": "sector", "global_cluster": "cluster", "country": "country"}
            return f"{_kind_name(breakdown)}: {self.label(lists.get(breakdown, 'objective'), target)}"
        return value

    def read(self, name: str, text: str) -> str:
        """Return what tells apart the entry that a cell names. Raises: ValueError."""
        if name == "objective":
            return self._read_objective(text)
        if name == "framework":
            return text.upper()
        if name == "plan":
            return self._read_plan(text)
        if name == "request":
            return self._read_request(text)
        return self._read_listed(name, text)

    # Reading

    def _read_listed(self, name: str, text: str) -> str:
        wanted = fold(text)
        options = self.of(name).values()
        found = [option for option in options if fold(option.label) == wanted] or [
            option for option in options if wanted in option.names
        ]
        if len(found) == 1:
            return found[0].value
        if found:
            raise ValueError(
                _("“%(text)s” can mean several: write one of %(labels)s.")
                % {"text": shown(text), "labels": ", ".join(f"“{option.label}”" for option in found)}
            )
        if not options:
            raise ValueError(_("“%(text)s” was not expected: there is nothing to choose from.") % {"text": shown(text)})
        sentence = _("“%(text)s” is not in the list of this column: choose from its drop-down.")
        by_name = {fold(option.label): option.label for option in options}
        raise ValueError(tell_unknown(sentence, text, wanted, by_name, by_name.__getitem__))

    def _read_objective(self, text: str) -> str:
        number = text.partition(".")[0].strip()
        if not number.isdecimal():
            raise ValueError(
                _("“%(text)s” is no number of an objective: digits were expected.") % {"text": shown(text)}
            )
        return str(int(number))

    def _read_plan(self, text: str) -> str:
        if not Plan.objects.filter(code=text.upper()).exists():
            raise ValueError(_("No plan has the code “%(text)s”.") % {"text": shown(text)})
        return text.upper()

    def _read_request(self, text: str) -> str:
        """Return the amount that a text such as ``Sector: Health`` names; it may be a new one."""
        word, _colon, rest = text.partition(":")
        breakdown = self._breakdown_names.get(fold(word.strip()))
        if breakdown is None or not rest.strip():
            raise ValueError(
                _("“%(text)s” does not say which amount: expected is a text such as “%(example)s”.")
                % {"text": shown(text), "example": f"{_kind_name('sector')}: {_('Health')}"}
            )
        readers = {"sector": "sector", "global_cluster": "cluster", "country": "country", "objective": "objective"}
        rest = rest.strip()
        value = self.read(readers[breakdown], rest) if breakdown in readers else rest.upper()
        return f"{breakdown}:{value}"

    @cached_property
    def _breakdown_names(self) -> dict[str, str]:
        return _breakdowns()

    # The lists

    def _make(self, name: str) -> list[Option]:
        if name == "overlap":
            return [
                Option(value, str(label), frozenset({fold(value), *in_all_languages(label)}), value)
                for value, label in RelatedPlan.Overlap.choices
                if value
            ]
        if name == "request":
            return [self._of_request(item) for item in self._requests()]
        if name == "framework":
            frameworks = Framework.objects.filter(revision=self.revision)
            return [Option(item.code, item.code, frozenset(), item) for item in frameworks]
        if name == "objective":
            numbers = Objective.objects.filter(revision=self.revision)
            return [Option(str(item.number), str(item.number), frozenset(), item) for item in numbers]
        return _labelled(self._items(name))

    def _requests(self) -> Iterable[FundingRequest]:
        rows = FundingRequest.objects.filter(revision=self.revision)
        return rows.select_related(
            "revision__plan", "framework", "objective", "sector__taxonomy", "country", "project"
        ).order_by("breakdown", "order", "pk")

    def _of_request(self, item: FundingRequest) -> Option:
        target = item.target
        told = {"objective": "number", "framework": "code", "project": "code"}.get(item.breakdown)
        label = f"{_kind_name(item.breakdown)}: {getattr(target, told) if told else target}"
        return Option(identify(item), label, frozenset(), item)

    def _items(self, name: str) -> Iterable[Model]:
        """Return the entries of a list: what may be chosen, and what the revision has already."""
        revision = self.revision
        sectors = Sector.objects.select_related("taxonomy").order_by("taxonomy", "order", "code")
        used = revision.funding_requests.filter(sector__isnull=False)
        if name == "sector":
            lines = used.filter(breakdown=FundingRequest.Breakdown.SECTOR).values("sector")
            return sectors.filter(Q(taxonomy=revision.taxonomy_id) | Q(pk__in=lines))
        if name == "project_sector":
            of_frameworks = revision.frameworks.values("taxonomy")
            of_projects = revision.projects.filter(sector__isnull=False).values("sector")
            return sectors.filter(
                Q(taxonomy=revision.taxonomy_id) | Q(taxonomy__in=of_frameworks) | Q(pk__in=of_projects)
            )
        if name == "cluster":
            lines = used.filter(breakdown=FundingRequest.Breakdown.GLOBAL_CLUSTER).values("sector")
            return sectors.filter(Q(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS) | Q(pk__in=lines))
        if name == "country":
            asking = revision.funding_requests.filter(country__isnull=False).values("country")
            return Country.objects.filter(Q(plans=revision.plan_id) | Q(pk__in=asking)).distinct()
        if name == "plan":
            return Plan.objects.filter(pk__in=revision.related_plans.values("related_plan"))
        whole: dict[str, Iterable[Model]] = {
            "strategic_objective": StrategicObjective.objects.all(),
            "strategic_outcome": StrategicOutcome.objects.all(),
            "plan_family": PlanFamily.objects.all(),
            "target_group": TargetGroup.objects.all(),
            "taxonomy": Taxonomy.objects.filter(
                Q(kind=Taxonomy.Kind.SECTORS)
                | Q(pk__in=revision.frameworks.filter(taxonomy__isnull=False).values("taxonomy"))
            ),
        }
        return whole[name]


def _labelled(items: Iterable[Any]) -> list[Option]:
    """Return entries with labels that differ from each other."""
    items = list(items)
    labels = [item.code if isinstance(item, Plan) else capfirst(str(item)).strip() for item in items]
    times = Counter(fold(label) for label in labels)
    options = []
    for item, label in zip(items, labels, strict=True):
        value = identify(item)
        names = {fold(name) for name in (label, *(getattr(item, key, "") for key in NAMES)) if name}
        names |= {f"{name} ({fold(value)})" for name in names}
        options.append(
            Option(
                value, f"{label} ({value})" if times[fold(label)] > 1 else label, frozenset({fold(value), *names}), item
            )
        )
    return options
