{{/* What the exporter reads: its configuration, the codes, the web configuration. And what values may not say together. */}}

{{- define "voicenter-exporter.configured" -}}
{{- if or .Values.demo .Values.accounts .Values.accountsDir.secrets .Values.accountsDir.configMaps }}true{{ end }}
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

{{/* The Secrets that hold codes, each with its keys and their file names, as sources of a projected volume. */}}
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
{{- $configuration := deepCopy .Values.config }}
{{- if or $accounts (not (or .Values.accountsDir.secrets .Values.accountsDir.configMaps)) }}
{{- $configuration = set $configuration "accounts" $accounts }}
{{- end }}
{{- if or .Values.accountsDir.secrets .Values.accountsDir.configMaps }}
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
{{- if or .Values.web.tls .Values.web.clientCertificate .Values.web.config.tls_server_config }}https{{ else }}http{{ end }}
{{- end }}

{{- define "voicenter-exporter.clientCertificate" -}}
{{- $tls := .Values.web.config.tls_server_config | default dict }}
{{- if or .Values.web.clientCertificate (eq ($tls.client_auth_type | default "") "RequireAndVerifyClientCert") }}true{{ end }}
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
{{- if and .Values.demo (or .Values.accounts .Values.accountsDir.secrets .Values.accountsDir.configMaps) }}
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
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled }}
{{- $mistakes = append $mistakes "serviceMonitor and podMonitor are both enabled: every pod would be scraped twice; disable one" }}
{{- end }}
{{- if and .Values.scrapeConfig.enabled .Values.metricsAccounts (or .Values.serviceMonitor.enabled .Values.podMonitor.enabled .Values.scrapeAnnotations) }}
{{- $mistakes = append $mistakes "scrapeConfig: the accounts would be scraped twice, by /probe and by /metrics; set metricsAccounts: false" }}
{{- end }}
{{- if and (eq .Values.probes.handler "httpGet") (include "voicenter-exporter.clientCertificate" .) }}
{{- $mistakes = append $mistakes "probes.handler: httpGet cannot work where client certificates are required, the kubelet has none; use auto, exec or tcpSocket" }}
{{- end }}
{{- if $mistakes }}
{{- fail (printf "\n\nThe values cannot work together:\n  - %s\n" (join "\n  - " $mistakes)) }}
{{- end }}
{{- end }}
