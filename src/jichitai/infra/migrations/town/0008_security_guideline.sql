-- 情報セキュリティ: guideline
select 1;
