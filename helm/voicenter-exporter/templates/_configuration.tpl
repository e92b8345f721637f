{{/* What the exporter reads: its configuration, the codes, the web configuration. And what values may not say together. */}}

{{- define "voicenter-exporter.configured" -}}
{{- if or .Values.demo .Values.accounts (include "voicenter-exporter.folder" .) (.Values.config).existingSecret }}true{{ end }}
{{- end }}

{{/* Whether there is a folder of accounts. */}}
{{- define "voicenter-exporter.folder" -}}
{{- if or (.Values.accountsDir).secrets (.Values.accountsDir).configMaps }}true{{ end }}
{{- end }}

{{- define "voicenter-exporter.ownCodes" -}}
{{- range .Values.accounts }}{{ if .code }}true{{ end }}{{ end }}
{{- end }}

{{/* The file name of an account's code: its name where that is a file name, else a hash of it. */}}
{{- define "voicenter-exporter.codeFile" -}}
{{- if regexMatch "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$" .name }}{{ .name }}{{ else }}{{ printf "account-%s" (sha256sum .name | trunc 16) }}{{ end }}
{{- end }}

{{- define "voicenter-exporter.codesSecret" -}}
{{ include "voicenter-exporter.fullname" . }}-codes
{{- end }}

{{/*
The Secrets that hold codes, each with its keys and their file names, as sources of a projected volume. All of them are
optional: a missing one must not keep the pod, and so the other accounts, from starting.
*/}}
{{- define "voicenter-exporter.codeSources" -}}
{{- $items := dict }}
{{- range .Values.accounts }}
{{- if or .existingSecret .code }}
{{- $file := include "voicenter-exporter.codeFile" . }}
{{- $secret := .existingSecret | default (include "voicenter-exporter.codesSecret" $) }}
{{- $key := ternary (.existingSecretKey | default "code") $file (not (empty .existingSecret)) }}
{{- $_ := set $items $secret (append (get $items $secret | default list) (dict "key" $key "path" $file)) }}
{{- end }}
{{- end }}
{{- range $secret, $files := $items }}
- secret:
    name: {{ $secret }}
    optional: true
    items:
      {{- toYaml $files | nindent 6 }}
{{- end }}
{{- end }}

{{/* The exporter's configuration file. */}}
{{- define "voicenter-exporter.configuration" -}}
{{- $accounts := list }}
{{- range .Values.accounts }}
{{- $account := omit . "existingSecret" "existingSecretKey" "code" }}
{{- if not .code_file }}
{{- $account = set $account "code_file" (printf "/run/secrets/voicenter/%s" (include "voicenter-exporter.codeFile" .)) }}
{{- end }}
{{- $accounts = append $accounts $account }}
{{- end }}
{{- $configuration := omit (.Values.config | default dict) "existingSecret" "existingSecretKey" }}
{{- if or $accounts (not (include "voicenter-exporter.folder" .)) }}
{{- $configuration = set $configuration "accounts" $accounts }}
{{- end }}
{{- if include "voicenter-exporter.folder" . }}
{{- $configuration = set $configuration "accounts_dir" "/etc/voicenter-exporter/accounts.d" }}
{{- end }}
{{- toYaml $configuration }}
{{- end }}

{{/* The Secret with the web configuration file, if there is one. */}}
{{- define "voicenter-exporter.webSecret" -}}
{{- if .Values.web.config }}{{ include "voicenter-exporter.fullname" . }}-web{{ else }}{{ .Values.web.existingSecret }}{{ end }}
{{- end }}

{{- define "voicenter-exporter.webFile" -}}
{{- if .Values.web.config }}web-config.yml{{ else }}{{ .Values.web.existingSecretKey }}{{ end }}
{{- end }}

{{- define "voicenter-exporter.scheme" -}}
{{- if or .Values.web.tls .Values.web.clientCertificate (.Values.web.config).tls_server_config }}https{{ else }}http{{ end }}
{{- end }}

{{- define "voicenter-exporter.clientCertificate" -}}
{{- $type := ((.Values.web.config).tls_server_config).client_auth_type }}
{{- if or .Values.web.clientCertificate (eq ($type | default "") "RequireAndVerifyClientCert") }}true{{ end }}
{{- end }}

{{/* A duration of Prometheus in milliseconds. */}}
{{- define "voicenter-exporter.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 }}
{{- $sum := 0 }}
{{- range regexFindAll "[0-9]+[a-z]+" . -1 }}
{{- $sum = add $sum (mul (regexFind "^[0-9]+" . | int64) (get $units (regexFind "[a-z]+$" .) | int64)) }}
{{- end }}
{{- $sum }}
{{- end }}

{{/* Fails with one line for each mistake that the schema cannot see. */}}
{{- define "voicenter-exporter.validate" -}}
{{- $mistakes := list }}
{{- $names := dict }}
{{- range $index, $account := .Values.accounts }}
{{- $sources := list }}
{{- range $key := list "existingSecret" "code" "code_file" }}
{{- if get $account $key }}{{ $sources = append $sources $key }}{{ end }}
{{- end }}
{{- if ne (len $sources) 1 }}
{{- $mistakes = append $mistakes (printf "accounts[%d] (%s): has %s for its code; give exactly one of existingSecret, code, code_file" $index $account.name (default "nothing" (join " and " $sources))) }}
{{- end }}
{{- if and $account.existingSecretKey (not $account.existingSecret) }}
{{- $mistakes = append $mistakes (printf "accounts[%d] (%s): existingSecretKey needs existingSecret" $index $account.name) }}
{{- end }}
{{- if hasKey $names $account.name }}
{{- $mistakes = append $mistakes (printf "accounts[%d]: the name %q is taken by accounts[%v]; give each account its own" $index $account.name (get $names $account.name)) }}
{{- end }}
{{- $_ := set $names $account.name $index }}
{{- end }}
{{- if and .Values.demo (or .Values.accounts (include "voicenter-exporter.folder" .)) }}
{{- $mistakes = append $mistakes "demo: serves a simulated call centre and no accounts; remove demo, or accounts and accountsDir" }}
{{- end }}
{{- if and .Values.demo (gt (int .Values.shards) 1) }}
{{- $mistakes = append $mistakes "shards: the demo is one call centre; leave shards at 1" }}
{{- end }}
{{- if and .Values.web.config .Values.web.existingSecret }}
{{- $mistakes = append $mistakes "web: config and existingSecret are both given; remove one" }}
{{- end }}
{{- if and (or .Values.web.tls .Values.web.clientCertificate .Values.web.certificateSecret) (not (or .Values.web.config .Values.web.existingSecret)) }}
{{- $mistakes = append $mistakes "web: tls, clientCertificate and certificateSecret need a web configuration file that turns TLS on; give web.config or web.existingSecret" }}
{{- end }}
{{- $settings := omit (.Values.config | default dict) "existingSecret" "existingSecretKey" }}
{{- if and (.Values.config).existingSecret (or .Values.demo .Values.accounts (include "voicenter-exporter.folder" .) $settings) }}
{{- $mistakes = append $mistakes "config.existingSecret: holds the whole configuration; remove demo, accounts, accountsDir and the other keys of config" }}
{{- end }}
{{- range $kind := list "serviceMonitor" "podMonitor" "scrapeConfig" }}
{{- $monitor := get $.Values $kind | default dict }}
{{- if and $monitor.enabled $monitor.scrapeTimeout (gt (include "voicenter-exporter.milliseconds" $monitor.scrapeTimeout | int64) (include "voicenter-exporter.milliseconds" $monitor.interval | int64)) }}
{{- $mistakes = append $mistakes (printf "%s: scrapeTimeout %s is longer than interval %s, which Prometheus refuses" $kind $monitor.scrapeTimeout $monitor.interval) }}
{{- end }}
{{- end }}
{{- if and (not .Values.metricsAccounts) (not (.Values.scrapeConfig).enabled) }}
{{- $mistakes = append $mistakes "metricsAccounts: false takes the accounts off /metrics, and nothing scrapes /probe; set scrapeConfig.enabled (or, with a scrape configuration of your own, extraArgs: [--no-web.metrics-accounts])" }}
{{- end }}
{{- if and .Values.service.nodePort (eq .Values.service.type "ClusterIP") }}
{{- $mistakes = append $mistakes "service.nodePort: a Service of type ClusterIP has none; set service.type to NodePort or LoadBalancer" }}
{{- end }}
{{- if and (.Values.serviceMonitor).enabled (.Values.podMonitor).enabled }}
{{- $mistakes = append $mistakes "serviceMonitor and podMonitor are both enabled: every pod would be scraped twice; disable one" }}
{{- end }}
{{- if and (.Values.scrapeConfig).enabled .Values.metricsAccounts (or (.Values.serviceMonitor).enabled (.Values.podMonitor).enabled .Values.scrapeAnnotations) }}
{{- $mistakes = append $mistakes "scrapeConfig: the accounts would be scraped twice, by /probe and by /metrics; set metricsAccounts: false" }}
{{- end }}
{{- if and (eq (include "voicenter-exporter.probeHandler" .) "httpGet") (include "voicenter-exporter.clientCertificate" .) }}
{{- $mistakes = append $mistakes "probes.handler: httpGet cannot work where client certificates are required, the kubelet has none; use auto, exec or tcpSocket" }}
{{- end }}
{{- if $mistakes }}
{{- fail (printf "\n\nThe values cannot work together:\n  - %s\n" (join "\n  - " $mistakes)) }}
{{- end }}
{{- end }}
