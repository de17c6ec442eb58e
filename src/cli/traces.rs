//! Traces for an OpenTelemetry collector, over HTTP. Only in builds with the feature `otel`.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use anyhow::{Context as _, Result};
use clap::Args;
use opentelemetry::{
    Context, KeyValue, TraceId,
    trace::{Link, SpanKind, TracerProvider as _},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SamplingResult, SdkTracer, SdkTracerProvider, ShouldSample},
};
use proxy::traces::{FRAME, TARGET};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// Hundreds of frames come a second; one in so many tells how long they take.
const FRAMES_TRACED: f64 = 0.01;

/// A collector that takes longer is not there.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The traces.
#[derive(Args)]
pub struct TracesArgs {
    /// An OpenTelemetry collector (OTLP over HTTP) that gets traces, such as http://127.0.0.1:4318 [default: none].
    #[arg(
        long,
        value_name = "URL",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true,
        global = true
    )]
    traces: Option<String>,
}

/// Traces on their way.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends what waits.
    pub fn end(self) {
        // A collector that is not there has been told of already.
        let _ = self.0.shutdown_with_timeout(SEND_TIMEOUT);
    }
}

impl TracesArgs {
    /// What collects spans, if there is somebody to send them to. Within a runtime.
    pub fn layer<S>(&self) -> Result<Option<(impl Layer<S> + use<S>, Traces)>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let Some(url) = self.traces.as_deref().filter(|url| !url.trim().is_empty()) else { return Ok(None) };
        let client = Client::new()?;
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{}/v1/traces", url.trim().trim_end_matches('/')))
            .with_timeout(SEND_TIMEOUT)
            .build()
            .with_context(|| {
                format!("--traces \"{url}\" is no address of a collector; write e.g. http://127.0.0.1:4318")
            })?;
        let program = Resource::builder()
            .with_service_name("rollcall")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_resource(program)
            .with_sampler(FewFrames(Sampler::TraceIdRatioBased(FRAMES_TRACED)))
            .with_batch_exporter(exporter)
            .build();
        let layer: OpenTelemetryLayer<S, SdkTracer> = tracing_opentelemetry::layer()
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_tracer(provider.tracer("rollcall"));
        let ours = filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET);
        Ok(Some((layer.with_filter(ours), Traces(provider))))
    }
}

/// Traces everything but frames, and of those a share.
#[derive(Clone, Debug)]
struct FewFrames(Sampler);

impl ShouldSample for FewFrames {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = if name == FRAME { &self.0 } else { &Sampler::AlwaysOn };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

/// Sends on the runtime of everything else: who exports has a thread, but no runtime.
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    fn new() -> Result<Self> {
        // Fails only when a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(SEND_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("TLS cannot be set up on this machine")?;
        Ok(Self { http, runtime: Handle::current() })
    }
}

/// What an exporter waits for.
type Sent<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'client, 'sent>(&'client self, request: Request<Bytes>) -> Sent<'sent>
    where
        'client: 'sent,
        Self: 'sent,
    {
        let http = self.http.clone();
        let sent = self.runtime.spawn(async move {
            let answer = http.execute(request.try_into()?).await?;
            let status = answer.status();
            let mut response = Response::new(answer.bytes().await?);
            *response.status_mut() = status;
            Ok::<_, reqwest::Error>(response)
        });
        Box::pin(async move { Ok(sent.await??) })
    }
}
