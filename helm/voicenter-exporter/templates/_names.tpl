{{/* Names, labels and the image. */}}

{{- define "voicenter-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/*
The name of the objects: the release's and the chart's name, or the chart's name alone for a release that is called so.
Two releases never get one name: a long one is cut and gets a hash. 52 characters are what a StatefulSet may have.
*/}}
{{- define "voicenter-exporter.fullname" -}}
{{- $name := include "voicenter-exporter.name" . }}
{{- $whole := printf "%s-%s" .Release.Name $name }}
{{- if eq .Release.Name $name }}{{ $whole = $name }}{{ end }}
{{- $whole = .Values.fullnameOverride | default $whole }}
{{- $usable := replace "." "-" $whole }}
{{- if or (ne $usable $whole) (gt (len $whole) 52) }}
{{- $usable = printf "%s-%s" ($usable | trunc 43 | trimSuffix "-") (sha256sum $whole | trunc 8) }}
{{- end }}
{{- $usable }}
{{- end }}

{{- define "voicenter-exporter.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{/*
The name of an object that may be in a namespace which several releases share. Takes a dict: root, namespace.
*/}}
{{- define "voicenter-exporter.sharedName" -}}
{{- $own := include "voicenter-exporter.namespace" .root }}
{{- $name := include "voicenter-exporter.fullname" .root }}
{{- ternary $name (printf "%s-%s" $own $name) (has .namespace (list nil "" $own)) }}
{{- end }}

{{- define "voicenter-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "voicenter-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/*
The labels of one object. Takes a dict: root, and optionally component and labels. What selectors use cannot be
overridden; of the rest the object's own labels come first, then commonLabels.
*/}}
{{- define "voicenter-exporter.labels" -}}
{{- $fixed := include "voicenter-exporter.selectorLabels" .root | fromYaml }}
{{- with .component }}{{ $_ := set $fixed "app.kubernetes.io/component" . }}{{ end }}
{{- $chart := dict
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/managed-by" .root.Release.Service
  "app.kubernetes.io/part-of" "voicenter-exporter"
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- merge $fixed (deepCopy (.labels | default dict)) (.root.Values.commonLabels | default dict) $chart | toYaml }}
{{- end }}

{{/*
The metadata of one object. Takes a dict: root, name, and optionally namespace, component, labels, annotations.
*/}}
{{- define "voicenter-exporter.metadata" -}}
name: {{ .name }}
namespace: {{ .namespace | default (include "voicenter-exporter.namespace" .root) }}
labels:
  {{- include "voicenter-exporter.labels" . | nindent 2 }}
{{- with merge (deepCopy (.annotations | default dict)) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "voicenter-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "voicenter-exporter.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "voicenter-exporter.image" -}}
{{- $image := .Values.image }}
{{- $name := $image.repository }}
{{- with (.Values.global).imageRegistry | default $image.registry }}
{{- $name = printf "%s/%s" . $name }}
{{- end }}
{{- if $image.digest }}
{{- printf "%s@%s" $name $image.digest }}
{{- else }}
{{- printf "%s:%s" $name (default .Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{/* The pull secrets of the image, as a pod has them. A parent chart may give its own as plain names. */}}
{{- define "voicenter-exporter.pullSecrets" -}}
{{- $secrets := list }}
{{- range concat ((.Values.global).imagePullSecrets | default list) (.Values.image.pullSecrets | default list) }}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) }}
{{- end }}
{{- with $secrets | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The name of the Service that gives each shard an address of its own. */}}
{{- define "voicenter-exporter.headlessName" -}}
{{ include "voicenter-exporter.fullname" . }}-shards
{{- end }}

{{/*
Where each process can be asked, as a JSON list of host:port: the Service, or each shard by its own name.
*/}}
{{- define "voicenter-exporter.hosts" -}}
{{- $fullname := include "voicenter-exporter.fullname" . }}
{{- $hosts := list }}
{{- if gt (int .Values.shards) 1 }}
{{- range $ordinal := until (int .Values.shards) }}
{{- $hosts = append $hosts (printf "%s-%d.%s.%s.svc:10061" $fullname $ordinal (include "voicenter-exporter.headlessName" $) (include "voicenter-exporter.namespace" $)) }}
{{- end }}
{{- else }}
{{- $hosts = append $hosts (printf "%s.%s.svc:%d" $fullname (include "voicenter-exporter.namespace" .) (int .Values.service.port)) }}
{{- end }}
{{- toJson $hosts }}
{{- end }}
