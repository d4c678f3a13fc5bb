"""Each person's story, told as the visits of the last years."""

from collections.abc import Callable, Mapping
from typing import Final

from portal.demo.clinical import people
from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.identity import Person
from portal.demo.clinical.stories import diabetes, family, hearts, hospital, longterm

STORIES: Final[Mapping[Person, Callable[[Chart], None]]] = {
    people.ROBIN: diabetes.hypertension_and_diabetes,
    people.MEI: family.pregnancy,
    people.JUNO: family.newborn,
    people.NOOR: family.small_child,
    people.SEUN: family.school_child,
    people.LEILA: family.asthma_teen,
    people.ALEX: longterm.student,
    people.YUKI: hospital.broken_ankle,
    people.TOMASZ: longterm.migraine,
    people.FATIMA: longterm.rheumatoid_arthritis,
    people.PRIYA: longterm.underactive_thyroid,
    people.AROHA: longterm.worry_and_low_iron,
    people.KWAME: hearts.heart_attack,
    people.MATEO: hospital.knee,
    people.ROSA: hospital.osteoporosis,
    people.SAMUEL: hospital.lungs,
    people.HENRIK: longterm.gout_and_kidneys,
    people.INGRID: hearts.heart_failure,
}
