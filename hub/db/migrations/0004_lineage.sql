CREATE INDEX `datasets_parent` ON `datasets` (`catalogue`,`parent`);--> statement-breakpoint
CREATE INDEX `models_dataset` ON `models` (`catalogue`,`dataset`);--> statement-breakpoint
CREATE INDEX `feedback_dataset` ON `feedback` (`catalogue`,`dataset`,`seq`);--> statement-breakpoint
CREATE INDEX `feedback_predicted` ON `feedback` (`catalogue`,`predicted_digest`,`code`,`predicted_code`);--> statement-breakpoint
CREATE INDEX `feedback_request` ON `feedback` (`catalogue`,`request_id`);