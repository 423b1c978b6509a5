//! Surveys: who is asked, who answers, what they say.
//!
//! Grades of tickets are in `support.rs`; the sentences are `texts.rs`.

use super::identity::Identity;
use super::state::State;
use super::today::Today;
use crate::engine::account::feedback::Survey;
use crate::engine::time::{DAY_MS, Day, HOUR_MS, Timestamp};
use crate::generate::body::Body;
use crate::generate::chance::Chance;
use crate::generate::names::{COMPETITORS, person_id};
use crate::generate::texts::{Matter, Mood, fill, remark};

/// The people whose opinion is asked for, and when the next round is.
#[derive(Debug)]
pub(super) struct Feedback {
    people: Vec<Respondent>,
    next_round: Day,
}

#[derive(Debug)]
struct Respondent {
    id: String,
    /// How much kinder or harsher they are than their colleagues, in points.
    leaning: f64,
    asked_on: Option<Day>,
}

/// Nobody is asked more often than this.
const REST_DAYS: i32 = 90;

impl Feedback {
    pub(super) fn draw(who: &Identity, chance: &mut Chance, first_day: Day) -> Self {
        let count = who.by_segment([1.0, 2.0, 4.0, 5.0]) as usize + chance.whole(0, 1) as usize;
        let person = |place| Respondent {
            id: person_id(chance, place + 500),
            leaning: 0.8 * chance.normal(),
            asked_on: None,
        };
        let people = (0..count).map(person).collect();
        let next_round = first_day.max(who.created_on.plus(60)).plus(chance.whole(0, 90));
        Self { people, next_round }
    }

    /// `resolved_at`: a ticket is going to be resolved then, worth a question.
    pub(super) fn day(
        &mut self,
        today: &mut Today<'_>,
        state: &State,
        resolved_at: Option<Timestamp>,
    ) {
        if today.date.day >= self.next_round && today.is_workday() {
            let months = today.who.by_segment([4.0, 3.0, 3.0, 3.0]);
            self.next_round = today.date.day.plus((months * 30.5) as i32);
            for place in 0..self.people.len() {
                let at = today.office();
                self.ask(place, at, Survey::Relationship, today, state);
            }
        }
        let place = today.chance.place(self.people.len());
        if let Some(at) = resolved_at.filter(|_| today.chance.happens(0.15)) {
            let at = at.plus_millis(2 * HOUR_MS);
            self.ask(place, at, Survey::Transactional, today, state);
        } else if today.age_days == 30 {
            let at = today.office();
            self.ask(place, at, Survey::Touchpoint, today, state);
        }
    }

    fn ask(
        &mut self,
        place: usize,
        at: Timestamp,
        survey: Survey,
        today: &mut Today<'_>,
        state: &State,
    ) {
        let person = &mut self.people[place];
        let day = at.day();
        if person.asked_on.is_some_and(|asked| day.number() - asked.number() < REST_DAYS) {
            return;
        }
        person.asked_on = Some(day);
        let respondent_id = person.id.as_str();
        today.send(at, &Body::SurveySent { respondent_id, survey });
        if !today.chance.happens((0.25 + 0.4 * state.value) * today.who.openness) {
            return;
        }
        let felt = 1.9 + 9.2 * state.value - 3.0 * (state.friction - 0.22).max(0.0)
            + person.leaning
            + 0.8 * today.chance.normal();
        let score = felt.round().clamp(0.0, 10.0) as u8;
        let comment = today.chance.happens(0.6).then(|| comment(today, state, score));
        let wait_ms = today.chance.between(0.3, 6.0) * DAY_MS as f64;
        let comment = comment.as_deref();
        let answer = Body::Nps { score, respondent_id, survey, comment };
        today.send(at.plus_millis(wait_ms as i64), &answer);
    }
}

fn comment(today: &mut Today<'_>, state: &State, score: u8) -> String {
    let mood = match score {
        9.. => Mood::Glad,
        7..=8 => Mood::Even,
        _ => Mood::Cross,
    };
    let matter = if mood != Mood::Glad && today.chance.happens(state.competitor - 0.2) {
        Matter::Rival
    } else if mood != Mood::Glad && today.chance.happens(0.55 - state.budget) {
        Matter::Budget
    } else {
        Matter::Product
    };
    let text = remark(today.chance, today.who.language, mood, matter);
    let feature = today.chance.pick(&today.who.core_features);
    fill(text, feature, COMPETITORS[today.who.number as usize % COMPETITORS.len()])
}
