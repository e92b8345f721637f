// What a board may hold, from the types that Grafana publishes: each kind of panel with its own options and settings.
import type * as dashboard from '@grafana/schema/dist/types/raw/dashboard/x/types.gen';
import type * as heatmap from '@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/types.gen';
import type * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen';
import type * as timeline from '@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/types.gen';
import type * as table from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen';
import type * as timeseries from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen';

// Of the Prometheus data source, which is not among the published types.
interface Query {
  refId: string;
  datasource: dashboard.DataSourceRef;
  expr: string;
  legendFormat: string;
  format: 'time_series' | 'table' | 'heatmap';
  instant: boolean;
  range: boolean;
}
interface PrometheusAnnotation {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
}
// Of query and interval variables; the published type holds what all variables have in common.
interface VariableOfAKind {
  definition?: string;
  auto?: boolean;
  auto_count?: number;
  auto_min?: string;
}
// Of the table until Grafana 12.
interface Footer {
  footer?: { show: boolean; countRows: boolean; reducer: string[] };
}

interface Fields<Custom> {
  defaults: Omit<dashboard.FieldConfig, 'custom'> & { custom?: Partial<Custom> };
  overrides: dashboard.FieldConfigSource['overrides'];
}
type PanelOf<Kind extends string, Options, Custom> = Omit<
  dashboard.Panel,
  'type' | 'options' | 'fieldConfig' | 'targets'
> & {
  type: Kind;
  options: Partial<Options>;
  targets: Query[];
  fieldConfig: Fields<Custom>;
};

export type Stat = PanelOf<'stat', stat.Options, {}>;
export type TimeSeries = PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>;
export type Table = PanelOf<'table', table.Options & Footer, table.FieldConfig>;
export type Heatmap = PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>;
export type StateTimeline = PanelOf<'state-timeline', timeline.Options, timeline.FieldConfig>;
// Panels are checked one by one, each against the type of its kind.
export type Row = Omit<dashboard.RowPanel, 'panels'> & { panels: unknown[] };
export type Board = Omit<dashboard.Dashboard, 'panels' | 'annotations' | 'templating'> & {
  panels: unknown[];
  annotations: { list: (dashboard.AnnotationQuery & PrometheusAnnotation)[] };
  templating: { list: (dashboard.VariableModel & VariableOfAKind)[] };
};
