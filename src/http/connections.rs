//! Connections: accepted one by one, so many at once, each given up when it says nothing.
//!
//! What a request must bring is `access/guard.rs`; what it may take from then on, too.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

/// How long the head of a request may take; one that is idle between requests ends then, too.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// Most connections at once, streams among them; more wait until one ends.
const CONNECTIONS_MAX: usize = 16_384;
/// Bytes that the head of a request may have.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Serves a router until `stop` is over; answers that are under way are finished.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()> + Send) {
    serve_within(HEAD_LIMIT, listener, router, stop).await;
}

async fn serve_within(
    head_limit: Duration,
    mut listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_limit).max_buf_size(HEAD_BYTES_MAX);
    let (slots, ending) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), GracefulShutdown::new());
    let mut stop = pin!(stop);
    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, Listener::accept(&mut listener).await)
        };
        tokio::select! {
            (slot, (stream, peer)) = next => {
                let Ok(slot) = slot else { break };
                converse(&http, &ending, &router, (stream, peer), slot);
            }
            () = &mut stop => break,
        }
    }
    drop(listener);
    ending.shutdown().await;
}

/// Answers the requests of one connection, in a task of its own.
fn converse(
    http: &http1::Builder,
    ending: &GracefulShutdown,
    router: &Router,
    (stream, peer): (TcpStream, SocketAddr),
    slot: OwnedSemaphorePermit,
) {
    // Small pieces of a stream go out at once. A connection that is gone already says so below.
    let _gone = stream.set_nodelay(true);
    let router = router.clone();
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let connection = ending.watch(http.serve_connection(TokioIo::new(stream), answer));
    tokio::spawn(async move {
        // A client that went away, was too slow or speaks no HTTP is its own business.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(slot);
    });
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;

    use super::*;

    async fn read(stream: &mut TcpStream) -> String {
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    }

    #[tokio::test]
    async fn who_says_nothing_is_given_up_and_who_asks_is_answered_to_the_end() {
        let (asked, is_asked) = oneshot::channel();
        let (go_on, waits) = oneshot::channel::<()>();
        let parts = Arc::new(std::sync::Mutex::new(Some((asked, waits))));
        let slow = get(move |ConnectInfo(peer): ConnectInfo<SocketAddr>| {
            let (asked, waits) = parts.lock().unwrap().take().unwrap();
            async move {
                asked.send(peer).unwrap();
                waits.await.unwrap();
                "answered"
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().route("/slow", slow);
        let server =
            tokio::spawn(serve_within(Duration::from_millis(100), listener, router, async move {
                stopped.await.unwrap()
            }));

        let mut silent = TcpStream::connect(address).await.unwrap();
        silent.write_all(b"GET /slow HTTP/1.1\r\nHost: ").await.unwrap();
        let said = read(&mut silent).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");

        let mut patient = TcpStream::connect(address).await.unwrap();
        patient.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(is_asked.await.unwrap(), patient.local_addr().unwrap());
        stop.send(()).unwrap();
        go_on.send(()).unwrap();
        let said = read(&mut patient).await;
        assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("answered"), "{said}");
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
