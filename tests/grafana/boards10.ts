// The settings of panels that Grafana 10.0 publishes types for. It passes over what it does not know, so objects stay open.
import type {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  DashboardLink,
  GraphFieldConfig,
  ReduceDataOptions,
  TableCellHeight,
  TableFieldOptions,
  TableSortByFieldState,
  VizLegendOptions,
  VizTooltipOptions,
} from 'grafana-schema-10';

interface Fields<Custom> {
  defaults: { custom?: Custom };
}
export interface Stat {
  options: {
    colorMode: BigValueColorMode;
    graphMode: BigValueGraphMode;
    justifyMode: BigValueJustifyMode;
    textMode: BigValueTextMode;
    reduceOptions: ReduceDataOptions;
  };
}
export interface TimeSeries {
  fieldConfig: Fields<GraphFieldConfig>;
  options: { legend: VizLegendOptions; tooltip: VizTooltipOptions };
}
export interface Table {
  fieldConfig: Fields<Partial<TableFieldOptions>>;
  options: { cellHeight: TableCellHeight; sortBy: TableSortByFieldState[] };
}
export interface Board {
  links: DashboardLink[];
}
