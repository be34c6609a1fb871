CREATE TABLE `catalogues` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`title` text NOT NULL,
	`settings` text NOT NULL,
	`label_version` integer DEFAULT 0 NOT NULL,
	`head_dataset` text,
	`head_split` integer,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `catalogues_name_unique` ON `catalogues` (`name`);--> statement-breakpoint
CREATE TABLE `datasets` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`digest` text NOT NULL,
	`catalogue` text NOT NULL,
	`parent` text,
	`blob` text NOT NULL,
	`rows` integer NOT NULL,
	`classes` text NOT NULL,
	`set_aside` integer NOT NULL,
	`source` text,
	`diff` text,
	`report_blob` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `datasets_name` ON `datasets` (`catalogue`,`digest`);--> statement-breakpoint
CREATE TABLE `label_changes` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`catalogue` text NOT NULL,
	`version` integer NOT NULL,
	`action` text NOT NULL,
	`code` text NOT NULL,
	`value` text NOT NULL,
	`by` text NOT NULL,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `label_changes_catalogue` ON `label_changes` (`catalogue`,`version`);--> statement-breakpoint
CREATE TABLE `labels` (
	`catalogue` text NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`merged_into` text,
	PRIMARY KEY(`catalogue`, `code`)
);
--> statement-breakpoint
CREATE TABLE `splits` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`digest` text NOT NULL,
	`catalogue` text NOT NULL,
	`dataset` text NOT NULL,
	`parent` text,
	`counts` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `splits_name` ON `splits` (`catalogue`,`digest`,`dataset`);--> statement-breakpoint
CREATE TABLE `alias_changes` (
	`catalogue` text NOT NULL,
	`revision` integer NOT NULL,
	`kind` text NOT NULL,
	`champion` text,
	`challenger` text,
	`previous` text,
	`by` text NOT NULL,
	`why` text NOT NULL,
	`release` integer,
	`at` text NOT NULL,
	PRIMARY KEY(`catalogue`, `revision`)
);
--> statement-breakpoint
CREATE TABLE `aliases` (
	`catalogue` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`champion` text,
	`challenger` text,
	`previous` text
);
--> statement-breakpoint
CREATE TABLE `artifacts` (
	`run_id` text NOT NULL,
	`name` text NOT NULL,
	`digest` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`content_type` text NOT NULL,
	`created_at` text NOT NULL,
	PRIMARY KEY(`run_id`, `name`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `evaluations` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`catalogue` text NOT NULL,
	`bundle` text NOT NULL,
	`gold_digest` text NOT NULL,
	`metrics` text NOT NULL,
	`blob` text NOT NULL,
	`html_blob` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `evaluations_name` ON `evaluations` (`bundle`,`catalogue`,`gold_digest`,`blob`);--> statement-breakpoint
CREATE TABLE `latest_metrics` (
	`run_id` text NOT NULL,
	`name` text NOT NULL,
	`step` integer NOT NULL,
	`value` real,
	PRIMARY KEY(`run_id`, `name`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `metrics` (
	`run_id` text NOT NULL,
	`name` text NOT NULL,
	`step` integer NOT NULL,
	`value` real,
	`at` text NOT NULL,
	PRIMARY KEY(`run_id`, `name`, `step`),
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `models` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`digest` text NOT NULL,
	`catalogue` text NOT NULL,
	`run_id` text,
	`dataset` text,
	`size_bytes` integer NOT NULL,
	`manifest` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `models_name` ON `models` (`catalogue`,`digest`);--> statement-breakpoint
CREATE INDEX `models_digest` ON `models` (`digest`);--> statement-breakpoint
CREATE TABLE `releases` (
	`catalogue` text NOT NULL,
	`sequence` integer NOT NULL,
	`digest` text NOT NULL,
	`kind` text NOT NULL,
	`payload` text NOT NULL,
	`key_id` text NOT NULL,
	`signature` text NOT NULL,
	`etag` text NOT NULL,
	`by` text NOT NULL,
	`why` text NOT NULL,
	`created_at` text NOT NULL,
	PRIMARY KEY(`catalogue`, `sequence`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`catalogue` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`job_id` text,
	`params` text NOT NULL,
	`tags` text NOT NULL,
	`dataset_digest` text,
	`bundle_digest` text,
	`code_version` text,
	`device` text,
	`error` text,
	`created_at` text NOT NULL,
	`ended_at` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_id_unique` ON `runs` (`id`);--> statement-breakpoint
CREATE INDEX `runs_catalogue` ON `runs` (`catalogue`,`seq`);--> statement-breakpoint
CREATE INDEX `runs_state` ON `runs` (`state`);--> statement-breakpoint
CREATE TABLE `stage_outputs` (
	`key` text PRIMARY KEY NOT NULL,
	`stage` text NOT NULL,
	`output` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `verdicts` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`digest` text NOT NULL,
	`catalogue` text NOT NULL,
	`bundle` text NOT NULL,
	`against` text,
	`accept` integer NOT NULL,
	`blob` text NOT NULL,
	`html_blob` text,
	`run_id` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `verdicts_name` ON `verdicts` (`bundle`,`catalogue`,`digest`);--> statement-breakpoint
CREATE TABLE `audit` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` text NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`details` text
);
--> statement-breakpoint
CREATE INDEX `audit_action` ON `audit` (`action`,`seq`);--> statement-breakpoint
CREATE TABLE `edges` (
	`edge_id` text NOT NULL,
	`catalogue` text NOT NULL,
	`digest` text,
	`first_seen_at` text NOT NULL,
	`last_seen_at` text NOT NULL,
	PRIMARY KEY(`edge_id`, `catalogue`)
);
--> statement-breakpoint
CREATE TABLE `feedback` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`catalogue` text NOT NULL,
	`edge_id` text NOT NULL,
	`request_id` text,
	`product` text,
	`code` text NOT NULL,
	`predicted_code` text,
	`predicted_confidence` real,
	`predicted_digest` text,
	`source` text NOT NULL,
	`at` text NOT NULL,
	`at_utc` text NOT NULL,
	`stored_at` text NOT NULL,
	`state` text NOT NULL,
	`dataset` text,
	`reason` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `feedback_key` ON `feedback` (`catalogue`,`key`);--> statement-breakpoint
CREATE INDEX `feedback_state` ON `feedback` (`catalogue`,`state`);--> statement-breakpoint
CREATE TABLE `job_events` (
	`job_id` text NOT NULL,
	`seq` integer NOT NULL,
	`at` text NOT NULL,
	`type` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`job_id`, `seq`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`catalogue` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`attempt` integer NOT NULL,
	`max_attempts` integer NOT NULL,
	`input` text,
	`result` text,
	`error` text,
	`by` text NOT NULL,
	`cancel_requested` integer DEFAULT false NOT NULL,
	`created_at` text NOT NULL,
	`started_at` text,
	`heartbeat_at` text,
	`ended_at` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_id_unique` ON `jobs` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_one_running` ON `jobs` (`catalogue`) WHERE state = 'running';--> statement-breakpoint
CREATE INDEX `jobs_state` ON `jobs` (`state`,`seq`);--> statement-breakpoint
CREATE INDEX `jobs_catalogue` ON `jobs` (`catalogue`,`seq`);--> statement-breakpoint
CREATE TABLE `schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`catalogue` text NOT NULL,
	`kind` text NOT NULL,
	`cron` text NOT NULL,
	`enabled` integer NOT NULL,
	`input` text,
	`last_run_at` text,
	`next_run_at` text,
	`last_job_id` text
);
--> statement-breakpoint
CREATE TABLE `telemetry_windows` (
	`edge_id` text NOT NULL,
	`boot_id` text NOT NULL,
	`seq` integer NOT NULL,
	`catalogue` text NOT NULL,
	`digest` text,
	`ended_at` text NOT NULL,
	`dropped` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`edge_id`, `boot_id`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `telemetry_windows_ended` ON `telemetry_windows` (`catalogue`,`ended_at`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` text NOT NULL,
	`revoked_at` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_id_unique` ON `tokens` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);