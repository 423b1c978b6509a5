//! `/model`: the model in force, what is wrong with another one, and how that is put in force.
//!
//! What a model says is `engine::model`; where it comes from is `model_source.rs`.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{self, Tag};
use super::call::Call;
use super::endpoint::{
    Answer, Body, Endpoint, Outcome, Refusal, Run, Verb, schema_of, schema_of_anything,
    schema_of_text,
};
use super::errors;
use super::model_source::{MayReplace, NotPublished};
use crate::config::http::Role;
use crate::engine::model::problems::ModelErrors;
use crate::http::policy::MODEL_BYTES_MAX;
use crate::http::problem::Problem;
use crate::kafka::model_record::ModelText;
use crate::kafka::model_topic::{PublishError, Published};

/// How a model is written.
const MEDIA: &str = "application/yaml";
/// After how many seconds the topic may be there again.
const RETRY_SECONDS: u64 = 5;
/// The topic is away.
const AWAY: Refusal = (503, "The topic of models cannot be reached.");
const BODY: Body = Body {
    media: &[MEDIA, "text/yaml", "text/plain"],
    bytes_max: MODEL_BYTES_MAX,
    schema: schema_of_text,
};

/// The rows of this file.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        answer: Answer {
            status: 200,
            about: "The model file; its version is the `ETag`.",
            media: MEDIA,
            schema: schema_of_anything,
            is_tagged: true,
        },
        refusals: &[AWAY],
        run: Run::Waits(|call| Box::pin(read(call))),
        ..Endpoint::get("/model", "getModel", "The model in force", BODY_OF_CHECK, check)
    },
    Endpoint {
        method: Verb::Post,
        body: Some(BODY),
        ..Endpoint::get(
            "/model/check",
            "checkModel",
            "What is wrong with a model file, without publishing it",
            BODY_OF_CHECK,
            check,
        )
    },
    Endpoint {
        method: Verb::Put,
        headers: &[("If-Match", "The `ETag` of the model that may be replaced.")],
        body: Some(BODY),
        answer: Answer {
            status: 200,
            about: "The model is published, or was in force already.",
            media: "application/json",
            schema: schema_of::<PublishedModel>,
            is_tagged: false,
        },
        refusals: &[
            (409, "The version stands for another text already."),
            (412, "Another model is in force than the one that `If-Match` names."),
            (422, "The file is not a model; `POST /model/check` lists what is wrong."),
            AWAY,
        ],
        run: Run::Waits(|call| Box::pin(publish(call))),
        ..Endpoint::get("/model", "putModel", "Put a model in force", BODY_OF_CHECK, check)
    },
];
const BODY_OF_CHECK: Answer = Answer {
    status: 200,
    about: "Whether it is a model, and all that is wrong if it is none.",
    media: "application/json",
    schema: schema_of::<ModelCheck>,
    is_tagged: false,
};

/// What a look at a model file finds.
#[derive(Serialize, JsonSchema)]
struct ModelCheck {
    /// Whether it could be published.
    is_valid: bool,
    /// The name that outputs would carry.
    version: Option<String>,
    /// All that is wrong, in the order of the text.
    problems: Vec<ModelProblem>,
}

/// One thing that is wrong with a model file.
#[derive(Serialize, JsonSchema)]
struct ModelProblem {
    /// The line, from 1; null where it has none.
    line: Option<u64>,
    /// The column, from 1.
    column: Option<u64>,
    /// Where in the model, as `health.metrics.P1.anchors[2]`; empty for the whole.
    path: String,
    /// What, with the remedy.
    problem: String,
}

/// A model that is in force.
#[derive(Serialize, JsonSchema)]
struct PublishedModel {
    /// The name that outputs carry from now on.
    version: String,
    /// Where it stands in the topic of models.
    offset: i64,
    /// False when it was in force already.
    is_new: bool,
}

async fn read(call: Call) -> Outcome {
    let tag = Tag::of_version(&call.site.models.version());
    if let Some(unchanged) = tag.unchanged(&call.headers) {
        return Ok(unchanged);
    }
    let text = call.site.models.text().await.map_err(|failure| away(&failure.to_string()))?;
    let text = text.ok_or_else(|| away("no model is in force"))?;
    let media = [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))];
    let headers = Tag::of_version(text.version()).headers();
    Ok((headers, media, text.text.clone()).into_response())
}

fn check(call: &Call) -> Outcome {
    let checked = match parse(call)? {
        Ok(text) => {
            let version = Some(text.version().to_owned());
            ModelCheck { is_valid: true, version, problems: Vec::new() }
        }
        Err(errors) => {
            ModelCheck { is_valid: false, version: None, problems: ModelProblem::all(errors) }
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer::json(StatusCode::OK, headers, answer::bytes(&checked)?))
}

async fn publish(call: Call) -> Outcome {
    if !call.viewer.may(Role::Admin) {
        return Err(errors::forbidden("only an administrator may put a model in force"));
    }
    let (call, text) = answer::on_its_own_thread(move || {
        let text = parse(&call)?;
        Ok((call, text))
    })
    .await?;
    let text = text.map_err(|errors| {
        errors::other(StatusCode::UNPROCESSABLE_ENTITY, errors.of_file("model").to_string())
    })?;
    let version = text.version().to_owned();
    let wanted = call.headers.get(header::IF_MATCH).cloned();
    let may_replace: MayReplace = Box::new(move |in_force| {
        wanted.as_ref().is_none_or(|wanted| Tag::of_version(in_force).is_in(wanted))
    });
    let at = call.site.clock.now();
    let published = call.site.models.publish(text, at, may_replace).await.map_err(refused)?;
    let (offset, is_new) = match published {
        Published::At(offset) => (offset, true),
        Published::Stays(offset) => (offset, false),
    };
    let by = &call.viewer.name;
    tracing::info!(version, offset, is_new, %by, "a model was published by HTTP");
    let headers = Tag::of_version(&version).headers();
    let body = answer::bytes(&PublishedModel { version, offset, is_new })?;
    Ok(answer::json(StatusCode::OK, headers, body))
}

/// Reads the body as a model.
fn parse(call: &Call) -> Result<Result<ModelText, ModelErrors>, Problem> {
    let text = std::str::from_utf8(&call.body)
        .map_err(|_| errors::bad_request("the body is not UTF-8"))?;
    Ok(ModelText::parse(text.to_owned()))
}

fn refused(why: NotPublished) -> Problem {
    let detail = why.to_string();
    match why {
        NotPublished::Other(_) => errors::other(StatusCode::PRECONDITION_FAILED, detail),
        NotPublished::Topic(PublishError::SameName { .. }) => {
            errors::other(StatusCode::CONFLICT, detail)
        }
        NotPublished::Topic(PublishError::TooLarge(_)) => {
            errors::other(StatusCode::PAYLOAD_TOO_LARGE, detail)
        }
        NotPublished::Topic(PublishError::Kafka(_)) => away(&detail),
    }
}

fn away(why: &str) -> Problem {
    tracing::warn!(why, "the topic of models failed a request");
    errors::unavailable(RETRY_SECONDS, "the topic of models cannot be reached")
}

impl ModelProblem {
    fn all(errors: ModelErrors) -> Vec<Self> {
        let place = |number: u64| (number > 0).then_some(number);
        let one = |error: crate::engine::model::problems::ModelError| Self {
            line: place(error.at.line),
            column: place(error.at.column),
            path: error.path,
            problem: error.problem,
        };
        errors.errors.into_iter().map(one).collect()
    }
}
