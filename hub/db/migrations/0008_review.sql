CREATE TABLE `feedback_sources` (
	`catalogue` text NOT NULL,
	`source` text NOT NULL,
	`edge_id` text NOT NULL,
	`trust` text NOT NULL,
	`weight` real NOT NULL,
	`quota_per_day` integer,
	`by` text NOT NULL,
	`at` text NOT NULL,
	PRIMARY KEY(`catalogue`, `source`, `edge_id`)
);
--> statement-breakpoint
CREATE TABLE `review_answers` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`catalogue` text NOT NULL,
	`item_id` text NOT NULL,
	`reviewer` text NOT NULL,
	`code` text,
	`feedback_key` text,
	`at` text NOT NULL,
	`undone_at` text
);
--> statement-breakpoint
CREATE INDEX `review_answers_item` ON `review_answers` (`item_id`,`reviewer`);--> statement-breakpoint
CREATE INDEX `review_answers_reviewer` ON `review_answers` (`catalogue`,`reviewer`,`seq`);--> statement-breakpoint
CREATE TABLE `review_items` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`catalogue` text NOT NULL,
	`content` text NOT NULL,
	`product` text NOT NULL,
	`guesses` text NOT NULL,
	`digest` text,
	`reasons` text NOT NULL,
	`kind` text NOT NULL,
	`priority` real NOT NULL,
	`known_code` text,
	`origin` text NOT NULL,
	`state` text NOT NULL,
	`wanted` integer NOT NULL,
	`lease_by` text,
	`lease_until` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `review_items_id_unique` ON `review_items` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `review_items_content` ON `review_items` (`catalogue`,`content`);--> statement-breakpoint
CREATE INDEX `review_items_open` ON `review_items` (`catalogue`,`state`,`kind`,`priority`);--> statement-breakpoint
ALTER TABLE `feedback` ADD `content` text;--> statement-breakpoint
CREATE INDEX `feedback_content` ON `feedback` (`catalogue`,`content`);--> statement-breakpoint
CREATE INDEX `feedback_source` ON `feedback` (`catalogue`,`edge_id`,`source`,`stored_at`);