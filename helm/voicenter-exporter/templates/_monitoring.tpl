{{/* What ServiceMonitor, PodMonitor and ScrapeConfig have in common. */}}

{{/* How Prometheus logs in and checks the certificate. */}}
{{- define "voicenter-exporter.prometheusClient" -}}
{{- with (.Values.prometheusClient).basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with (.Values.prometheusClient).tlsConfig }}
tlsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The endpoint of a ServiceMonitor or PodMonitor. Takes a dict: root, monitor. */}}
{{- define "voicenter-exporter.endpoint" -}}
port: http
path: {{ .root.Values.web.telemetryPath }}
scheme: {{ include "voicenter-exporter.scheme" .root }}
interval: {{ .monitor.interval }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- if .monitor.honorLabels }}
honorLabels: true
{{- end }}
{{- with include "voicenter-exporter.prometheusClient" .root | trim }}
{{ . }}
{{- end }}
{{- with .monitor.relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The rest of a ServiceMonitor's or PodMonitor's spec. Takes a dict: root, monitor. */}}
{{- define "voicenter-exporter.monitorSelection" -}}
{{- with .monitor.jobLabel }}
jobLabel: {{ . }}
{{- end }}
{{- range $key := list "targetLabels" "podTargetLabels" }}
{{- with get $.monitor $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .monitor.sampleLimit }}
sampleLimit: {{ . }}
{{- end }}
{{- with include "voicenter-exporter.histograms" .monitor | trim }}
{{ . }}
{{- end }}
namespaceSelector:
  matchNames:
    - {{ include "voicenter-exporter.namespace" .root }}
selector:
  matchLabels:
    {{- include "voicenter-exporter.selectorLabels" .root | nindent 4 }}
    app.kubernetes.io/component: exporter
{{- end }}

{{/* Which form of histograms Prometheus takes, where the values say so. Takes a monitor or the ScrapeConfig. */}}
{{- define "voicenter-exporter.histograms" -}}
{{- range $key := list "scrapeClassicHistograms" "scrapeNativeHistograms" }}
{{- if kindIs "bool" (get $ $key) }}
{{ $key }}: {{ get $ $key }}
{{- end }}
{{- end }}
{{- end }}
