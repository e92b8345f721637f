{{/* The pod, the same for the Deployment and the StatefulSet. */}}

{{- define "voicenter-exporter.configKey" -}}
{{- if (.Values.config).existingSecret }}{{ .Values.config.existingSecretKey | default "config.yaml" }}{{ else }}config.yaml{{ end }}
{{- end }}

{{- define "voicenter-exporter.args" -}}
{{- if .Values.demo }}
- --demo
{{- else }}
- --config.file=/etc/voicenter-exporter/config/{{ include "voicenter-exporter.configKey" . }}
- --config.auto-reload
{{- end }}
- --web.listen-address=:10061
- --web.telemetry-path={{ .Values.web.telemetryPath }}
{{- if include "voicenter-exporter.webSecret" . }}
- --web.config.file=/etc/voicenter-exporter/web/{{ include "voicenter-exporter.webFile" . }}
{{- end }}
{{- if .Values.web.enableLifecycle }}
- --web.enable-lifecycle
{{- end }}
{{- if not .Values.metricsAccounts }}
- --no-web.metrics-accounts
{{- end }}
{{- if gt (int .Values.shards) 1 }}
- --shard=$(POD_INDEX)
- --total-shards={{ .Values.shards }}
{{- end }}
{{- with (.Values.log).level }}
- --log.level={{ . }}
{{- end }}
{{- with (.Values.log).format }}
- --log.format={{ . }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* How the kubelet asks: it has no client certificate. */}}
{{- define "voicenter-exporter.probeHandler" -}}
{{- $handler := (.Values.probes).handler | default "auto" }}
{{- if eq $handler "auto" }}
{{- $handler = ternary "exec" "httpGet" (eq (include "voicenter-exporter.clientCertificate" .) "true") }}
{{- end }}
{{- $handler }}
{{- end }}

{{/* A probe, or nothing. Takes a dict: root, name, path. */}}
{{- define "voicenter-exporter.probe" -}}
{{- $handler := include "voicenter-exporter.probeHandler" .root }}
{{- $scheme := include "voicenter-exporter.scheme" .root }}
{{- with get (.root.Values.probes | default dict) .name }}
{{ $.name }}Probe:
  {{- if eq $handler "httpGet" }}
  httpGet:
    path: {{ $.path }}
    port: http
    scheme: {{ upper $scheme }}
  {{- else if eq $handler "exec" }}
  exec:
    command:
      - python3
      - -m
      - exporter.command.healthcheck
      - {{ $scheme }}://127.0.0.1:10061{{ $.path }}
  {{- else }}
  tcpSocket:
    port: http
  {{- end }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "voicenter-exporter.volumes" -}}
{{- if not .Values.demo }}
- name: config
  {{- if (.Values.config).existingSecret }}
  secret:
    secretName: {{ .Values.config.existingSecret }}
    defaultMode: 288 # 0440
  {{- else }}
  configMap:
    name: {{ include "voicenter-exporter.fullname" . }}
  {{- end }}
{{- end }}
{{- with include "voicenter-exporter.codeSources" . | trim }}
- name: codes
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- if include "voicenter-exporter.folder" . }}
- name: accounts
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- range .Values.accountsDir.secrets }}
      - secret:
          name: {{ . }}
          optional: true
      {{- end }}
      {{- range .Values.accountsDir.configMaps }}
      - configMap:
          name: {{ . }}
          optional: true
      {{- end }}
{{- end }}
{{- with include "voicenter-exporter.webSecret" . }}
- name: web
  secret:
    secretName: {{ . }}
    defaultMode: 288 # 0440
{{- end }}
{{- with .Values.web.certificateSecret }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 288 # 0440
{{- end }}
{{- with .Values.volumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "voicenter-exporter.volumeMounts" -}}
{{- if not .Values.demo }}
- name: config
  mountPath: /etc/voicenter-exporter/config
  readOnly: true
{{- end }}
{{- if include "voicenter-exporter.codeSources" . | trim }}
- name: codes
  mountPath: /run/secrets/voicenter
  readOnly: true
{{- end }}
{{- if include "voicenter-exporter.folder" . }}
- name: accounts
  mountPath: /etc/voicenter-exporter/accounts.d
  readOnly: true
{{- end }}
{{- if include "voicenter-exporter.webSecret" . }}
- name: web
  mountPath: /etc/voicenter-exporter/web
  readOnly: true
{{- end }}
{{- if .Values.web.certificateSecret }}
- name: tls
  mountPath: /etc/voicenter-exporter/tls
  readOnly: true
{{- end }}
{{- with .Values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
Nothing here changes with the configuration, the codes or the web configuration: the exporter reads them again itself.
*/}}
{{- define "voicenter-exporter.podAnnotations" -}}
{{- $annotations := dict }}
{{- if .Values.scrapeAnnotations }}
{{- $_ := set $annotations "prometheus.io/scrape" "true" }}
{{- $_ := set $annotations "prometheus.io/port" "10061" }}
{{- $_ := set $annotations "prometheus.io/path" .Values.web.telemetryPath }}
{{- $_ := set $annotations "prometheus.io/scheme" (include "voicenter-exporter.scheme" .) }}
{{- end }}
{{- with merge (deepCopy (.Values.podAnnotations | default dict)) $annotations }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/*
What all pods of the chart begin with: who they are, where the image comes from, what they may do. Takes a dict: root,
account.
*/}}
{{- define "voicenter-exporter.podIdentity" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "voicenter-exporter.pullSecrets" .root | trim }}
{{ . }}
{{- end }}
{{- with .root.Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where pods that run once may run. Takes the root. */}}
{{- define "voicenter-exporter.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Resources and rights of a container. Takes a dict: root, resources. */}}
{{- define "voicenter-exporter.limits" -}}
{{- with .resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The spread of the pods: shards go to different nodes where they can. */}}
{{- define "voicenter-exporter.spread" -}}
{{- $spread := dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway" }}
{{- toYaml (.Values.topologySpreadConstraints | default (ternary (list $spread) list (gt (int .Values.shards) 1))) }}
{{- end }}

{{- define "voicenter-exporter.podTemplate" -}}
metadata:
  {{- with include "voicenter-exporter.podAnnotations" . | trim }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
  # Without the chart's version and commonLabels: they change when what runs does not.
  labels:
    {{- $labels := dict "app.kubernetes.io/component" "exporter" }}
    {{- $labels = merge (include "voicenter-exporter.selectorLabels" . | fromYaml) $labels (.Values.podLabels | default dict) }}
    {{- toYaml $labels | nindent 4 }}
spec:
  {{- include "voicenter-exporter.podIdentity" (dict "root" . "account" (include "voicenter-exporter.serviceAccountName" .)) | nindent 2 }}
  {{- with .Values.terminationGracePeriodSeconds }}
  terminationGracePeriodSeconds: {{ . }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.runtimeClassName }}
  runtimeClassName: {{ . }}
  {{- end }}
  {{- with .Values.dnsPolicy }}
  dnsPolicy: {{ . }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "voicenter-exporter.placement" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with include "voicenter-exporter.spread" . | fromYamlArray }}
  topologySpreadConstraints:
    {{- range . }}
    - {{ omit . "labelSelector" | toYaml | nindent 6 | trim }}
      labelSelector:
        {{- if .labelSelector }}
        {{- toYaml .labelSelector | nindent 8 }}
        {{- else }}
        matchLabels:
          {{- include "voicenter-exporter.selectorLabels" $ | nindent 10 }}
          app.kubernetes.io/component: exporter
        {{- end }}
    {{- end }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: exporter
      image: {{ include "voicenter-exporter.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        {{- include "voicenter-exporter.args" . | trim | nindent 8 }}
      {{- if or .Values.env (gt (int .Values.shards) 1) }}
      env:
        {{- if gt (int .Values.shards) 1 }}
        - name: POD_INDEX
          valueFrom:
            fieldRef:
              fieldPath: metadata.labels['apps.kubernetes.io/pod-index']
        {{- end }}
        {{- with .Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: 10061
          protocol: TCP
      {{- range $name, $path := dict "startup" "/-/healthy" "liveness" "/-/healthy" "readiness" "/-/ready" }}
      {{- with include "voicenter-exporter.probe" (dict "root" $ "name" $name "path" $path) | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- end }}
      {{- with include "voicenter-exporter.limits" (dict "root" . "resources" .Values.resources) | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with include "voicenter-exporter.volumeMounts" . | trim }}
      volumeMounts:
        {{- . | nindent 8 }}
      {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with include "voicenter-exporter.volumes" . | trim }}
  volumes:
    {{- . | nindent 4 }}
  {{- end }}
{{- end }}
