{{/* Names, labels and the image. */}}

{{- define "voicenter-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The name of the objects. A release called `voicenter` gives `voicenter-exporter`, not the word twice. */}}
{{- define "voicenter-exporter.fullname" -}}
{{- $name := include "voicenter-exporter.name" . }}
{{- $full := printf "%s-%s" .Release.Name $name }}
{{- if contains $name .Release.Name }}{{ $full = .Release.Name }}{{ end }}
{{- if hasPrefix (printf "%s-" .Release.Name) $name }}{{ $full = $name }}{{ end }}
{{- .Values.fullnameOverride | default $full | trunc 40 | trimSuffix "-" }}
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
{{- merge $fixed (deepCopy (.labels | default dict)) .root.Values.commonLabels $chart | toYaml }}
{{- end }}

{{/*
The metadata of one object. Takes a dict: root, name, and optionally namespace, component, labels, annotations.
*/}}
{{- define "voicenter-exporter.metadata" -}}
name: {{ .name }}
namespace: {{ .namespace | default .root.Release.Namespace }}
labels:
  {{- include "voicenter-exporter.labels" . | nindent 2 }}
{{- with merge (deepCopy (.annotations | default dict)) .root.Values.commonAnnotations }}
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
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) }}
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
{{- $hosts = append $hosts (printf "%s-%d.%s.%s.svc:10061" $fullname $ordinal (include "voicenter-exporter.headlessName" $) $.Release.Namespace) }}
{{- end }}
{{- else }}
{{- $hosts = append $hosts (printf "%s.%s.svc:%d" $fullname .Release.Namespace (int .Values.service.port)) }}
{{- end }}
{{- toJson $hosts }}
{{- end }}
