{{/* The pod, the same for the Deployment and the StatefulSet. */}}

{{- define "voicenter-exporter.args" -}}
{{- if .Values.demo }}
- --demo
{{- else }}
- --config.file=/etc/voicenter-exporter/config/config.yaml
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
- --log.level={{ .Values.log.level }}
- --log.format={{ .Values.log.format }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A probe. Takes a dict: root, path, timing. */}}
{{- define "voicenter-exporter.probe" -}}
{{- $handler := .root.Values.probes.handler }}
{{- $scheme := include "voicenter-exporter.scheme" .root }}
{{- if eq $handler "auto" }}
{{- $handler = ternary "exec" "httpGet" (eq (include "voicenter-exporter.clientCertificate" .root) "true") }}
{{- end }}
{{- if eq $handler "httpGet" }}
httpGet:
  path: {{ .path }}
  port: http
  scheme: {{ upper $scheme }}
{{- else if eq $handler "exec" }}
exec:
  command:
    - python3
    - -m
    - exporter.command.healthcheck
    - {{ $scheme }}://127.0.0.1:10061{{ .path }}
{{- else }}
tcpSocket:
  port: http
{{- end }}
{{ toYaml .timing }}
{{- end }}

{{- define "voicenter-exporter.volumes" -}}
{{- if not .Values.demo }}
- name: config
  configMap:
    name: {{ include "voicenter-exporter.fullname" . }}
{{- end }}
{{- with include "voicenter-exporter.codeSources" . | trim }}
- name: codes
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- if or .Values.accountsDir.secrets .Values.accountsDir.configMaps }}
- name: accounts
  projected:
    defaultMode: 288 # 0440
    sources:
      {{- range .Values.accountsDir.secrets }}
      - secret:
          name: {{ . }}
      {{- end }}
      {{- range .Values.accountsDir.configMaps }}
      - configMap:
          name: {{ . }}
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
{{- if or .Values.accountsDir.secrets .Values.accountsDir.configMaps }}
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

{{/* The checksums roll the pods when what the chart makes changes; codes are read at each use, and a checksum of a short
one would tell it. */}}
{{- define "voicenter-exporter.podAnnotations" -}}
{{- $annotations := dict }}
{{- if not .Values.demo }}
{{- $_ := set $annotations "checksum/config" (include "voicenter-exporter.configuration" . | sha256sum) }}
{{- end }}
{{- if .Values.web.config }}
{{- $_ := set $annotations "checksum/web" (toYaml .Values.web.config | sha256sum) }}
{{- end }}
{{- if .Values.scrapeAnnotations }}
{{- $_ := set $annotations "prometheus.io/scrape" "true" }}
{{- $_ := set $annotations "prometheus.io/port" "10061" }}
{{- $_ := set $annotations "prometheus.io/path" .Values.web.telemetryPath }}
{{- $_ := set $annotations "prometheus.io/scheme" (include "voicenter-exporter.scheme" .) }}
{{- end }}
{{- with merge (deepCopy .Values.podAnnotations) $annotations }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{- define "voicenter-exporter.podTemplate" -}}
metadata:
  {{- with include "voicenter-exporter.podAnnotations" . | trim }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
  labels:
    {{- include "voicenter-exporter.labels" (dict "root" . "component" "exporter" "labels" .Values.podLabels) | nindent 4 }}
spec:
  serviceAccountName: {{ include "voicenter-exporter.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
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
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
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
      startupProbe:
        {{- include "voicenter-exporter.probe" (dict "root" . "path" "/-/healthy" "timing" .Values.probes.startup) | trim | nindent 8 }}
      livenessProbe:
        {{- include "voicenter-exporter.probe" (dict "root" . "path" "/-/healthy" "timing" .Values.probes.liveness) | trim | nindent 8 }}
      readinessProbe:
        {{- include "voicenter-exporter.probe" (dict "root" . "path" "/-/ready" "timing" .Values.probes.readiness) | trim | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
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
