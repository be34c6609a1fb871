CREATE TABLE `experiments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`catalogue` text,
	`tags` text DEFAULT '{}' NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`deleted_at` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `experiments_name_unique` ON `experiments` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `experiments_catalogue_unique` ON `experiments` (`catalogue`);--> statement-breakpoint
CREATE TABLE `metric_points` (
	`series` integer NOT NULL,
	`step` integer NOT NULL,
	`at` integer NOT NULL,
	`value` real NOT NULL,
	PRIMARY KEY(`series`, `step`, `at`, `value`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `metric_series` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run` integer NOT NULL,
	`name` text NOT NULL,
	`last_step` integer DEFAULT 0 NOT NULL,
	`last_at` integer DEFAULT 0 NOT NULL,
	`last_value` real,
	FOREIGN KEY (`run`) REFERENCES `runs`(`seq`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `metric_series_name` ON `metric_series` (`run`,`name`);--> statement-breakpoint
CREATE TABLE `model_versions` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`model` integer NOT NULL,
	`version` integer NOT NULL,
	`source` text NOT NULL,
	`run_id` text DEFAULT '' NOT NULL,
	`run_link` text DEFAULT '' NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`stage` text DEFAULT 'None' NOT NULL,
	`by` text NOT NULL,
	`tags` text DEFAULT '{}' NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	FOREIGN KEY (`model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `model_versions_number` ON `model_versions` (`model`,`version`);--> statement-breakpoint
CREATE INDEX `model_versions_run` ON `model_versions` (`run_id`);--> statement-breakpoint
CREATE TABLE `registered_models` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`tags` text DEFAULT '{}' NOT NULL,
	`aliases` text DEFAULT '{}' NOT NULL,
	`last_version` integer DEFAULT 0 NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `registered_models_name_unique` ON `registered_models` (`name`);--> statement-breakpoint
ALTER TABLE `models` ADD `version` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `models_version` ON `models` (`catalogue`,`version`);--> statement-breakpoint
ALTER TABLE `runs` ADD `experiment` integer REFERENCES experiments(id);--> statement-breakpoint
ALTER TABLE `runs` ADD `name` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `inputs` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `outputs` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `started_at` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `deleted_at` text;--> statement-breakpoint
CREATE INDEX `runs_experiment` ON `runs` (`experiment`,`started_at`,`seq`);
--> statement-breakpoint
-- Experiment 0 is where clients log that name none; each catalogue has one of its own.
INSERT INTO `experiments` (`id`, `name`, `created_at`, `updated_at`)
  VALUES (0, 'Default', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
--> statement-breakpoint
INSERT INTO `experiments` (`name`, `catalogue`, `created_at`, `updated_at`)
  SELECT `catalogue`, `catalogue`, min(`created_at`), max(`created_at`) FROM `runs` GROUP BY `catalogue` ORDER BY min(`seq`);
--> statement-breakpoint
UPDATE `runs` SET `started_at` = `created_at`, `name` = `kind`,
  `experiment` = (SELECT e.`id` FROM `experiments` e WHERE e.`catalogue` = `runs`.`catalogue`);
--> statement-breakpoint
UPDATE `models` SET `version` =
  (SELECT count(*) FROM `models` m WHERE m.`catalogue` = `models`.`catalogue` AND m.`seq` <= `models`.`seq`);
--> statement-breakpoint
-- NaN was null; in the key of a point it is the double above the lowest.
INSERT INTO `metric_series` (`run`, `name`, `last_step`, `last_at`, `last_value`)
  SELECT r.`seq`, l.`name`, l.`step`, CAST(round((julianday(m.`at`) - 2440587.5) * 86400000) AS INTEGER), l.`value`
  FROM `latest_metrics` l JOIN `runs` r ON r.`id` = l.`run_id`
  JOIN `metrics` m ON m.`run_id` = l.`run_id` AND m.`name` = l.`name` AND m.`step` = l.`step`
  ORDER BY r.`seq`, l.`name`;
--> statement-breakpoint
INSERT INTO `metric_points` (`series`, `step`, `at`, `value`)
  SELECT s.`id`, m.`step`, CAST(round((julianday(m.`at`) - 2440587.5) * 86400000) AS INTEGER),
    coalesce(m.`value`, -1.7976931348623155e308)
  FROM `metrics` m JOIN `runs` r ON r.`id` = m.`run_id`
  JOIN `metric_series` s ON s.`run` = r.`seq` AND s.`name` = m.`name`;
