//! Names: companies, people, features, plans, competitors.
//!
//! Sentences that people write are in `texts.rs`.

use super::chance::Chance;

/// The product's features, the commoner first.
pub(super) const FEATURES: &[&str] = &[
    "dashboards",
    "reports",
    "workflows",
    "exports",
    "alerts",
    "search",
    "integrations",
    "templates",
    "automation",
    "forecasting",
    "collaboration",
    "mobile",
    "audit-log",
    "segments",
    "api",
    "data-import",
    "scheduling",
    "sso",
];

pub(super) const INTEGRATIONS: &[&str] =
    &["salesforce", "slack", "hubspot", "snowflake", "jira", "teams", "netsuite"];

pub(super) const USE_CASES: &[&str] = &[
    "monthly-reporting",
    "lead-routing",
    "customer-onboarding",
    "revenue-forecast",
    "quality-audit",
    "field-service",
    "inventory-planning",
    "support-triage",
    "partner-portal",
    "compliance-review",
];

pub(super) const KPIS: &[&str] =
    &["hours-saved", "cycle-time", "error-rate", "pipeline-coverage", "first-response"];

pub(super) const OBJECTIVES: &[&str] = &[
    "Cut the monthly close by three days",
    "One source of truth for the sales team",
    "Halve manual data entry",
    "Answer customers within one working day",
    "Roll out to all regional offices",
    "Reduce tool sprawl and licence cost",
];

pub(super) const COURSES: &[&str] =
    &["getting-started", "admin-basics", "advanced-reporting", "automation-101", "api-workshop"];

/// Invented rivals; the shipped model file knows them as competitor terms.
pub(super) const COMPETITORS: &[&str] = &["Vantora", "Brightdesk", "Klarflow", "Omnisight"];

const COMPANY_FIRST: &[&str] = &[
    "Acme",
    "Northwind",
    "Bluepeak",
    "Harbor",
    "Silverline",
    "Copper Creek",
    "Evergreen",
    "Lumen",
    "Granite",
    "Juniper",
    "Meridian",
    "Redwood",
    "Solstice",
    "Tidewater",
    "Umbra",
    "Vertex",
    "Willow",
    "Zephyr",
    "Falken",
    "Brenner",
    "Castell",
    "Delmare",
    "Ostrava",
    "Kestrel",
    "Pinnacle",
    "Quarry",
    "Saffron",
    "Atlas",
    "Borealis",
    "Cobalt",
];

const COMPANY_LAST: &[&str] = &[
    "Logistics",
    "Foods",
    "Health",
    "Robotics",
    "Media",
    "Energy",
    "Insurance",
    "Retail",
    "Textiles",
    "Labs",
    "Travel",
    "Capital",
    "Works",
    "Systems",
    "Education",
    "Motors",
];

const FIRST_NAMES: &[&str] = &[
    "Anna", "Ben", "Carla", "David", "Elif", "Femi", "Grace", "Hiro", "Ines", "Jonas", "Kavya",
    "Liam", "Maria", "Noah", "Olga", "Priya", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera",
    "Wei", "Yara",
];

const LAST_NAMES: &[&str] = &[
    "Novak", "Fischer", "Garcia", "Okafor", "Tanaka", "Silva", "Patel", "Martin", "Jensen",
    "Rossi", "Kowalski", "Ahmed", "Larsen", "Dubois", "Nguyen", "Schmidt", "Brown", "Costa",
];

/// The vendor's own success managers, by the kind of account that they look after.
pub(super) const CSMS_HIGH_TOUCH: &[&str] =
    &["maya.lindqvist", "tom.adeyemi", "sofia.marchetti", "peter.hale"];
/// Those of the many small accounts.
pub(super) const CSMS_SCALED: &[&str] = &["nadia.brandt", "luis.ortega", "emma.whitfield"];

/// A company's name, and its id with `number` in it, unlike every other number's.
pub(super) fn company(chance: &mut Chance, number: u32) -> (String, String) {
    let name = format!("{} {}", chance.pick(COMPANY_FIRST), chance.pick(COMPANY_LAST));
    let id = format!("{}-{number:04}", name.to_lowercase().replace(' ', "-"));
    (name, id)
}

/// A person's display name.
pub(super) fn person(chance: &mut Chance) -> String {
    format!("{} {}", chance.pick(FIRST_NAMES), chance.pick(LAST_NAMES))
}

/// A person's id at their company: the name and a number that no colleague has.
pub(super) fn person_id(chance: &mut Chance, number: usize) -> String {
    let (first, last) = (chance.pick(FIRST_NAMES), chance.pick(LAST_NAMES));
    format!("{}.{}-{number:02}", first.to_lowercase(), last.to_lowercase())
}
