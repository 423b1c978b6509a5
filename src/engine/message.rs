//! Messages to the customer: short texts that a step of a playbook suggests, ready to be sent.
//!
//! Which step suggests which is said in the model file; nothing is sent from here.

use askama::Template;

/// The longest fact that is put into a text, in characters; the rest is cut.
const FACT_CHARS_MAX: usize = 120;

/// A text as it is suggested.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Message {
    /// One line.
    pub subject: String,
    /// Paragraphs with empty lines between them.
    pub body: String,
}

/// What a text may say; it reads well without.
#[derive(Clone, Debug, Default)]
pub struct MessageFacts {
    /// What the customer is called.
    pub account_name: Option<String>,
    /// Who looks after them.
    pub csm: Option<String>,
    /// The plan that they are on.
    pub plan: Option<String>,
    /// The feature that it is about.
    pub feature: Option<String>,
    /// What was reached.
    pub milestone: Option<String>,
    /// How many people may use the product.
    pub seats: Option<u32>,
    /// The date on which the contract ends.
    pub contract_end: Option<String>,
}

/// The texts by name; all see the same facts.
macro_rules! texts {
    ($($text:ident = $name:literal in $path:literal,)+) => {
        $(
            #[derive(Template)]
            #[template(path = $path, escape = "none")]
            struct $text<'a> {
                facts: &'a MessageFacts,
            }
        )+

        const NAMES: &[&str] = &[$($name),+];

        fn text(name: &str, facts: &MessageFacts) -> Option<String> {
            match name {
                $($name => $text { facts }.render().ok(),)+
                _ => None,
            }
        }
    };
}

texts! {
    AccountSetup = "account_setup" in "messages/account_setup.txt",
    AdoptionCampaign = "adoption_campaign" in "messages/adoption_campaign.txt",
    AdvocacyInvite = "advocacy_invite" in "messages/advocacy_invite.txt",
    BestPractices = "best_practices" in "messages/best_practices.txt",
    CaseStudy = "case_study" in "messages/case_study.txt",
    CaseStudyRequest = "case_study_request" in "messages/case_study_request.txt",
    Congratulation = "congratulation" in "messages/congratulation.txt",
    DemoOffer = "demo_offer" in "messages/demo_offer.txt",
    OfferTraining = "offer_training" in "messages/offer_training.txt",
    ProductTraining = "product_training" in "messages/product_training.txt",
    ReengagementCampaign = "reengagement_campaign" in "messages/reengagement_campaign.txt",
    Referral = "referral" in "messages/referral.txt",
    ReviewInvitation = "review_invitation" in "messages/review_invitation.txt",
    SendSurvey = "send_survey" in "messages/send_survey.txt",
    SuccessStories = "success_stories" in "messages/success_stories.txt",
    SuccessStory = "success_story" in "messages/success_story.txt",
    SupportOffer = "support_offer" in "messages/support_offer.txt",
    Training = "training" in "messages/training.txt",
    TrainingCampaign = "training_campaign" in "messages/training_campaign.txt",
    TrainingSchedule = "training_schedule" in "messages/training_schedule.txt",
    WelcomeEmail = "welcome_email" in "messages/welcome_email.txt",
}

/// The names of all texts, in order.
pub const fn names() -> &'static [&'static str] {
    NAMES
}

/// The text of this name, if there is one.
pub fn render(name: &str, facts: &MessageFacts) -> Option<Message> {
    let text = text(name, &facts.bounded())?;
    let (subject, body) = text.split_once("\n\n")?;
    Some(Message { subject: subject.to_owned(), body: body.trim_end().to_owned() })
}

impl MessageFacts {
    /// The same, each on one line and not too long.
    fn bounded(&self) -> Self {
        Self {
            account_name: line(self.account_name.as_deref()),
            csm: line(self.csm.as_deref()),
            plan: line(self.plan.as_deref()),
            feature: line(self.feature.as_deref()),
            milestone: line(self.milestone.as_deref()),
            seats: self.seats,
            contract_end: line(self.contract_end.as_deref()),
        }
    }
}

/// On one line and not too long; a fact without a letter is none.
fn line(fact: Option<&str>) -> Option<String> {
    let words = fact?.split(|it: char| it.is_whitespace() || it.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(FACT_CHARS_MAX).collect();
    let line = line.trim_end();
    (!line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT_CHARS_MAX: usize = 200;
    const BODY_CHARS_MAX: usize = 1_200;

    fn facts(text: &str) -> MessageFacts {
        let fact = Some(text.to_owned());
        MessageFacts {
            account_name: fact.clone(),
            csm: fact.clone(),
            plan: fact.clone(),
            feature: fact.clone(),
            milestone: fact.clone(),
            seats: Some(40),
            contract_end: fact,
        }
    }

    #[test]
    fn every_text_reads_well_with_all_facts_and_with_none() {
        assert!(names().is_sorted());
        let long = "long\n\rname ".repeat(100);
        for name in names() {
            for facts in [facts("Acme"), MessageFacts::default(), facts(&long), facts(" \n")] {
                let message = render(name, &facts).expect(name);
                let all = format!("{}\n{}", message.subject, message.body);
                for wrong in ["{", "}", "None", "Some(", "  ", " ,", " .", ",,", "\n\n\n"] {
                    assert!(!all.contains(wrong), "{name}: `{wrong}` in {all}");
                }
                assert!(!message.subject.contains('\n'), "{name}");
                assert!(message.subject.chars().count() <= SUBJECT_CHARS_MAX, "{name}");
                assert!(message.body.chars().count() <= BODY_CHARS_MAX, "{name}");
                assert!(message.body.starts_with("Hello"), "{name}");
            }
        }
    }

    #[test]
    fn a_text_says_who_it_is_for_and_from() {
        let facts = MessageFacts {
            account_name: Some("Acme".to_owned()),
            csm: Some("Kim".to_owned()),
            ..MessageFacts::default()
        };
        let message = render("welcome_email", &facts).expect("a text");
        assert_eq!(message.subject, "Welcome, Acme");
        assert!(message.body.starts_with("Hello Acme team,\n\nit is good"), "{}", message.body);
        assert!(message.body.ends_with("\n\nBest regards,\nKim"), "{}", message.body);
        assert_eq!(render("no_such_text", &facts), None);
    }
}
