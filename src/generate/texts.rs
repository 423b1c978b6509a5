//! What customers write: tickets, survey comments, notes, in a few languages.
//!
//! `{feature}` and `{rival}` are filled in by [`fill`]. Who writes what and when is `account/`.

use super::chance::Chance;

/// The language that an account's people write in when they do not write English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
}

/// How the writer feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Glad,
    Even,
    Cross,
}

/// What the text is about besides the mood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matter {
    Product,
    Rival,
    Budget,
}

/// Subject and body of tickets by severity 1 to 4.
const TICKETS: [&[(&str, &str)]; 4] = [
    &[
        (
            "{feature} is down for everybody",
            "Nobody can work. {feature} is completely broken, we need help at once.",
        ),
        (
            "Production blocked: {feature}",
            "All teams are blocked, {feature} fails with an error. This is unacceptable.",
        ),
        (
            "Data missing in {feature}",
            "Records have vanished from {feature}. We are very worried, please call us.",
        ),
    ],
    &[
        (
            "{feature} very slow",
            "{feature} takes minutes to load, our users complain every day. This is frustrating.",
        ),
        (
            "Errors in {feature} after the release",
            "Since the last release {feature} throws errors for about half of our users.",
        ),
        (
            "Cannot finish month end: {feature}",
            "{feature} gives wrong totals and we cannot close the month. Please look at this soon.",
        ),
        (
            "Sync broken with {feature}",
            "The nightly sync has failed three times this week, {feature} shows stale data.",
        ),
    ],
    &[
        (
            "Question about {feature}",
            "How can I set up {feature} for a second team? The manual does not say.",
        ),
        (
            "{feature}: filter does not stick",
            "When I come back to {feature} my filter is gone. Small thing, but annoying.",
        ),
        (
            "Permission problem in {feature}",
            "A new colleague cannot open {feature}, it says access denied.",
        ),
        (
            "Wrong time zone in {feature}",
            "{feature} shows times in UTC instead of our zone. Is there a setting?",
        ),
    ],
    &[
        ("Feature request: {feature}", "It would be nice to have keyboard shortcuts in {feature}."),
        (
            "Typo in {feature}",
            "There is a typo on the {feature} page. No hurry, great product otherwise.",
        ),
        (
            "How do I export from {feature}?",
            "I would like to get the numbers of {feature} into a spreadsheet. Thanks!",
        ),
        ("Invoice address", "Please change our invoice address. Thank you."),
    ],
];

const TICKETS_FOREIGN: [&[(&str, &str)]; 3] = [
    &[
        (
            "Problem mit {feature}",
            "{feature} ist seit dem letzten Update sehr langsam, das ist ärgerlich.",
        ),
        ("Frage zu {feature}", "Wie richten wir {feature} für eine zweite Abteilung ein? Danke!"),
    ],
    &[
        (
            "Problème avec {feature}",
            "{feature} ne fonctionne plus correctement, nous perdons beaucoup de temps.",
        ),
        (
            "Question sur {feature}",
            "Comment configurer {feature} pour une deuxième équipe ? Merci.",
        ),
    ],
    &[
        ("Problema con {feature}", "{feature} falla varias veces al día, es muy frustrante."),
        ("Pregunta sobre {feature}", "¿Cómo configuramos {feature} para otro equipo? Gracias."),
    ],
];

const UPDATES: &[&str] = &[
    "Any news on this?",
    "It happened again this morning.",
    "Here is the log file you asked for.",
    "Thanks, we will try that.",
    "Still waiting for an answer. We are losing patience.",
];

const GLAD: &[&str] = &[
    "Great product, {feature} saves us hours every week.",
    "Excellent support and a very reliable tool. Love it.",
    "Our team is very happy with {feature}. Easy to use and fast.",
    "The best tool we have bought in years, highly recommended.",
    "Onboarding was smooth and the results are impressive.",
];
const EVEN: &[&str] = &[
    "Good overall, {feature} could be easier.",
    "It does what it should. Reporting could be better.",
    "Solid product, but the price is on the high side.",
    "Works for us most of the time.",
    "Would like to see more development on {feature}.",
];
const CROSS: &[&str] = &[
    "Too many bugs in {feature}, and support is slow.",
    "Disappointed. {feature} is confusing and often broken.",
    "We are frustrated, problems stay open for weeks.",
    "Poor performance and a terrible interface. Not worth the money.",
    "Nobody here uses it any more, it is too complicated.",
];
const RIVAL: &[&str] = &[
    "We are evaluating {rival} as an alternative.",
    "{rival} offers the same with a better {feature}, we had a demo last week.",
    "Our management asked for a comparison with a competitor, {rival}.",
    "Some teams would rather switch to {rival}.",
];
const BUDGET: &[&str] = &[
    "Our budget was cut, we have to look at every licence.",
    "Too expensive for us this year, there is a budget freeze.",
    "Finance wants us to reduce cost, we may need fewer seats.",
    "There is no budget for a renewal at this price.",
];

const FOREIGN: [[&[&str]; 3]; 3] = [
    [
        &["Sehr zufrieden, {feature} spart uns viel Zeit.", "Tolles Produkt und guter Support."],
        &["Im Großen und Ganzen in Ordnung.", "{feature} könnte einfacher sein."],
        &[
            "Leider viele Fehler in {feature}, wir sind enttäuscht.",
            "Zu kompliziert und zu langsam.",
        ],
    ],
    [
        &["Très satisfaits, {feature} nous fait gagner du temps.", "Excellent produit, merci."],
        &["Correct dans l'ensemble.", "{feature} pourrait être plus simple."],
        &["Trop de bogues dans {feature}, nous sommes déçus.", "Trop lent et trop compliqué."],
    ],
    [
        &["Muy contentos, {feature} nos ahorra tiempo.", "Excelente producto y buen soporte."],
        &["Está bien en general.", "{feature} podría ser más fácil."],
        &["Demasiados errores en {feature}, estamos decepcionados.", "Lento y complicado."],
    ],
];

/// Subject and body of a ticket of `severity` 1 to 4.
pub(super) fn ticket(
    chance: &mut Chance,
    language: Language,
    severity: u8,
) -> (&'static str, &'static str) {
    match foreign(language) {
        Some(place) if chance.happens(0.5) => chance.pick(TICKETS_FOREIGN[place]),
        _ => chance.pick(TICKETS[usize::from(severity) - 1]),
    }
}

/// What somebody adds to an open ticket.
pub(super) fn ticket_update(chance: &mut Chance) -> &'static str {
    chance.pick(UPDATES)
}

/// A sentence in `mood` about `matter`; rivals and budgets are spoken of in English.
pub(super) fn remark(
    chance: &mut Chance,
    language: Language,
    mood: Mood,
    matter: Matter,
) -> &'static str {
    let own = match mood {
        Mood::Glad => GLAD,
        Mood::Even => EVEN,
        Mood::Cross => CROSS,
    };
    match (matter, foreign(language)) {
        (Matter::Rival, _) => chance.pick(RIVAL),
        (Matter::Budget, _) => chance.pick(BUDGET),
        (Matter::Product, Some(place)) if chance.happens(0.6) => {
            chance.pick(FOREIGN[place][mood as usize])
        }
        (Matter::Product, _) => chance.pick(own),
    }
}

const fn foreign(language: Language) -> Option<usize> {
    match language {
        Language::English => None,
        Language::German => Some(0),
        Language::French => Some(1),
        Language::Spanish => Some(2),
    }
}

/// The sentence with its blanks filled.
pub(super) fn fill(text: &str, feature: &str, rival: &str) -> String {
    text.replace("{feature}", feature).replace("{rival}", rival)
}
